using System;
using System.IO;
using System.Text;
using Kerr.Linux;
using Kerr.Runtime.Configuration;
using Xunit;

namespace Kerr.Tests.Runtime.Configuration;

public class ConfigurationEditorTests
{
    private const string Before = "# ours\nmount home = yes\n\n# bind path = /x\nbind path = /a\nbind path = /b, /c\n# end\n";

    [Fact]
    public void Setting_replaces_the_line_where_it_stands()
        => Assert.Equal(Before.Replace("home = yes", "home = no", StringComparison.Ordinal), Edit(Before, editor => editor.Set(Directives.MountHome, " no ")));

    [Fact]
    public void Setting_what_the_file_does_not_name_goes_below_its_example_or_to_the_end()
    {
        Assert.Equal("# mount dev = no\nmount dev = minimal\n#\n", Edit("# mount dev = no\n#\n", editor => editor.Set(Directives.MountDev, "minimal")));
        Assert.Equal("#\nmount dev = minimal\n", Edit("#", editor => editor.Set(Directives.MountDev, "minimal")));
    }

    [Fact]
    public void Setting_a_list_adds_in_front_what_it_does_not_have()
        => Assert.Contains(
            "# bind path = /x\nbind path = /new\nbind path = /b\nbind path = /a\nbind path = /c\n# end",
            Edit(Before, editor => editor.Set(Directives.BindPath, "/new, /b,/new")), StringComparison.Ordinal);

    [Fact]
    public void Unsetting_takes_items_from_a_list()
    {
        Assert.Contains("bind path = /a\nbind path = /c\n# end", Edit(Before, editor => editor.Unset(Directives.BindPath, "/b,/none")), StringComparison.Ordinal);
        Assert.Contains("# bind path = /x\n# end", Edit(Before, editor => editor.Unset(Directives.BindPath, "/c,/a,/b")), StringComparison.Ordinal);
    }

    [Fact]
    public void Unsetting_leaves_a_mark_for_the_next_value()
    {
        string unset = Edit(Before, editor => editor.Unset(Directives.MountHome, "yes"));

        Assert.StartsWith("# ours\n# mount home =\n\n", unset, StringComparison.Ordinal);
        Assert.StartsWith("# ours\n# mount home =\nmount home = no\n\n", Edit(unset, editor => editor.Set(Directives.MountHome, "no")), StringComparison.Ordinal);
    }

    [Fact]
    public void Resetting_writes_the_default()
    {
        Assert.Contains("bind path = /etc/localtime\nbind path = /etc/hosts\n# end", Edit(Before, editor => editor.Reset(Directives.BindPath)), StringComparison.Ordinal);
        Assert.Contains("mount home = yes\n", Edit("mount home = no\n", editor => editor.Reset(Directives.MountHome)), StringComparison.Ordinal);
        Assert.DoesNotContain("\nlimit container owners", Edit("#\nlimit container owners = a, b\n", editor => editor.Reset(Directives.LimitContainerOwners)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mount home", "maybe")]
    [InlineData("max loop devices", "-1")]
    [InlineData("mount home", "")]
    [InlineData("bind path", "/a\nallow setuid = yes")]    // a value must not become a line of its own
    public void A_value_that_cannot_be_is_refused(string name, string value)
        => Assert.Throws<UserException>(() => Edit(Before, editor => editor.Set(DirectiveTable.Find(name)!, value)));

    [Fact]
    public void Unsetting_what_is_not_there_is_refused()
    {
        Assert.Throws<UserException>(() => Edit(Before, editor => editor.Unset(Directives.BindPath, "/none")));
        Assert.Throws<UserException>(() => Edit(Before, editor => editor.Unset(Directives.MountHome, "no")));
        Assert.Throws<UserException>(() => Edit(Before, editor => editor.Unset(Directives.MountDev, "yes")));
    }

    [Fact]
    public void A_file_that_is_not_understood_is_not_edited()
        => Assert.Throws<InvalidDataException>(() => Edit("nonsense\n", editor => editor.Reset(Directives.MountHome)));

    [Fact]
    public void Bytes_that_are_no_UTF8_survive()
        => Assert.StartsWith("# f\u00fcr \u00ff\n", Edit("# f\u00fcr \u00ff\n", editor => editor.Set(Directives.MountHome, "no")), StringComparison.Ordinal);

    private static string Edit(string text, Action<ConfigurationEditor> change)
    {
        ConfigurationEditor editor = new("kerr.conf", Encoding.Latin1.GetBytes(text));
        change(editor);
        return Encoding.Latin1.GetString(editor.ToBytes());
    }
}

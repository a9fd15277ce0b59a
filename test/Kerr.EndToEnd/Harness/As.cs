namespace Kerr.EndToEnd.Harness;

/// <summary>The callers: <c>As.User.Run("exec", "-C", image, "id")</c>.</summary>
internal static class As
{
    /// <summary>What users run: a name in bin/ of the tree, or the program of another tree, while a fixture says so.</summary>
    public static string UsersProgram { get; set; } = "kerr";

    /// <summary>An ordinary user, in their home.</summary>
    public static Caller User => Of(TestUser.First, Profile.User);

    public static Caller OtherUser => Of(TestUser.Second, Profile.User);

    /// <summary>An ordinary user who gives --fakeroot to each action.</summary>
    public static Caller Fakeroot => Of(TestUser.First, Profile.Fakeroot);

    public static Caller Root
    {
        get
        {
            _ = TestUser.First;     // who is not root cannot be root
            return new Caller
            {
                Profile = Profile.Root,
                WorkingDirectory = "/root",
                Environment = [$"PATH={Caller.DefaultPath}", "HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/bash", "TERM=dumb", "LANG=C.UTF-8"],
            };
        }
    }

    public static Caller By(Profile profile) => profile switch
    {
        Profile.Root => Root,
        Profile.Fakeroot => Fakeroot,
        _ => User,
    };

    private static Caller Of(TestUser user, Profile profile) => new()
    {
        Profile = profile,
        User = user,
        Program = UsersProgram,
        WorkingDirectory = user.Home,
        Environment =
        [
            $"PATH={Caller.DefaultPath}", $"HOME={user.Home}", $"USER={user.Name}", $"LOGNAME={user.Name}", "SHELL=/bin/bash", "TERM=dumb", "LANG=C.UTF-8",
        ],
    };
}

using System;
using System.IO;
using System.Linq;
using Kerr.EndToEnd.Harness;
using Kerr.Tests;
using Xunit;

namespace Kerr.EndToEnd.Installation;

/// <summary>The image library is of use without the rest: a program that has the packages alone makes and reads SIF files.</summary>
public class PackageTests
{
    private const string Project = """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <RestorePackagesPath>cache</RestorePackagesPath>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Kerr.Image" Version="*" />
          </ItemGroup>
        </Project>
        """;

    private const string Sources = """
        <configuration>
          <packageSources>
            <clear />
            <add key="here" value="packages" />
          </packageSources>
        </configuration>
        """;

    private const string Program = """
        using System;
        using System.IO;
        using Kerr.Image.Sif;

        using (SifFile given = SifFile.Open(args[0]))
        {
            Console.WriteLine(given.Image.PrimaryPartition!.DataType);
        }

        using (var file = File.OpenHandle(args[1], FileMode.CreateNew, FileAccess.ReadWrite))
        {
            var made = SifWriter.Create(file, Guid.NewGuid(), 1_700_000_000);
            made.Add(SifObject.Of(SifDataType.Generic, "some words"u8.ToArray(), "note"), 1_700_000_000);
        }
        """;

    [Fact]
    public void A_program_with_the_packages_alone_reads_one_image_and_makes_another()
    {
        string source = Environment.GetEnvironmentVariable("KERR_SOURCE") ?? "";
        Need.Feature(File.Exists($"{source}/tools/pack-library"), "the sources (KERR_SOURCE)");
        string directory = Host.Directory(), made = $"{directory}/made.sif";
        Host.Run($"{source}/tools/pack-library", $"{directory}/packages");
        Host.Write($"{directory}/reader.csproj", Project);
        Host.Write($"{directory}/nuget.config", Sources);
        Host.Write($"{directory}/Program.cs", Program);

        string printed = Host.Run("dotnet", "run", "--project", $"{directory}/reader.csproj", "--", Images.Sif, made);

        Assert.Equal("Partition", printed.Trim().Split('\n').Last());
        Assert.Equal("some words", Host.Run($"{Tree.Root}/bin/kerr", "sif", "dump", "1", made));
    }
}

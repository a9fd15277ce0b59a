using System;
using System.IO;
using System.Text;
using Kerr.Build.Assembly;
using Kerr.Image;
using Kerr.Image.Sif;
using Kerr.Linux;

namespace Kerr.Build.Inspection;

/// <summary>Finds out what an image says about itself, without mounting it and without running anything of it.</summary>
public static class ImageInspection
{
    private const int LargestMetadata = 16 << 20;

    /// <summary>All attributes: from the JSON object of a SIF file if it has one, else from the files in the image.</summary>
    /// <param name="image">A directory, SIF or squashfs.</param>
    /// <param name="warn">Told what could not be read, where the rest can be used.</param>
    /// <exception cref="UserException">Its files can be seen only when it is mounted.</exception>
    public static ImageAttributes Of(ImageFile image, Action<string> warn)
    {
        try
        {
            return FromObject(image, warn) ?? FromTree(image, warn);
        }
        catch (InvalidDataException damage)
        {
            throw new UserException(
                $"image {image.Path} is damaged or incomplete: {damage.Message}", "copy, pull or build it again", damage);
        }
        catch (LinuxException failure)
        {
            throw new UserException($"could not read image {image.Path}: {failure.Message}", inner: failure);
        }
    }

    private static ImageAttributes? FromObject(ImageFile image, Action<string> warn)
    {
        var selector = new SifSelector { DataType = SifDataType.GenericJson, Name = InspectMetadata.ObjectName };
        if (image.Sif?.Find(selector) is not { } descriptor)
        {
            return null;
        }

        byte[] json = SifImage.ReadObject(new FileRange(image.Handle!), descriptor, LargestMetadata);
        try
        {
            return AttributesReader.Read(json);
        }
        catch (InvalidDataException unreadable)
        {
            warn($"{InspectMetadata.ObjectName} of {image.Path} cannot be read, the files in the image are taken instead: {unreadable.Message}");
            return null;
        }
    }

    private static ImageAttributes FromTree(ImageFile image, Action<string> warn)
    {
        using IImageTree tree = ImageTree.Open(image) ?? throw NotToBeSeen(image);
        ImageAttributes attributes = AttributesReader.Read(InspectMetadata.Of(tree, warn));
        if (image.Sif?.Find(new SifSelector { DataType = SifDataType.DefinitionFile }) is { } definition)
        {
            byte[] text = SifImage.ReadObject(new FileRange(image.Handle!), definition, LargestMetadata);
            attributes.Deffile = Encoding.UTF8.GetString(text);
        }

        return attributes;
    }

    private static UserException NotToBeSeen(ImageFile image)
    {
        return image.Root?.FileSystem switch
        {
            null => new UserException($"image {image.Path} has no root file system that could be inspected", "see what is in it: kerr sif list " + image.Path),
            PartitionFileSystem.Ext3 => new UserException($"image {image.Path} is ext3, which cannot be read without mounting it",
                $"as root, have the container show it: kerr exec {image.Path} cat /.singularity.d/labels.json"),
            _ => new UserException(
                $"the root partition of image {image.Path} is encrypted, and the image has no {InspectMetadata.ObjectName}",
                "see what is in it: kerr sif list " + image.Path),
        };
    }
}

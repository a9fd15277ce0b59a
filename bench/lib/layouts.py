"""OCI layouts to measure with: layers of the host's own files, with whiteouts, opaque directories and hard links."""

import gzip
import hashlib
import io
import json
import os
import random
import tarfile


class Layout:
    """An OCI layout under construction; layers are added the lowermost first."""

    def __init__(self, path):
        self.path = path
        self.blobs = os.path.join(path, "blobs", "sha256")
        self.layers, self.diffs = [], []
        os.makedirs(self.blobs)

    def layer(self, fill):
        plain, packed = hashlib.sha256(), os.path.join(self.blobs, "new")
        with open(packed, "wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped:
            writer = Teed(zipped, plain)
            with tarfile.open(fileobj=writer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                fill(tar)
        with open(packed, "rb") as file:
            name = hashlib.file_digest(file, "sha256").hexdigest()
        os.rename(packed, os.path.join(self.blobs, name))
        self.layers.append({
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:" + name,
            "size": os.path.getsize(os.path.join(self.blobs, name))})
        self.diffs.append("sha256:" + plain.hexdigest())

    def finish(self):
        config = self.put({
            "architecture": "amd64", "os": "linux", "created": "2024-01-01T00:00:00Z",
            "config": {"Cmd": ["/bin/sh"]}, "rootfs": {"type": "layers", "diff_ids": self.diffs}})
        config["mediaType"] = "application/vnd.oci.image.config.v1+json"
        kind = "application/vnd.oci.image.manifest.v1+json"
        manifest = self.put({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": self.layers})
        manifest.update(mediaType=kind, annotations={"org.opencontainers.image.ref.name": "latest"})
        with open(os.path.join(self.path, "index.json"), "w") as file:
            json.dump({"schemaVersion": 2, "manifests": [manifest]}, file)
        with open(os.path.join(self.path, "oci-layout"), "w") as file:
            file.write('{"imageLayoutVersion":"1.0.0"}')
        return sum(layer["size"] for layer in self.layers)

    def put(self, document):
        data = json.dumps(document).encode()
        name = hashlib.sha256(data).hexdigest()
        with open(os.path.join(self.blobs, name), "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + name, "size": len(data)}


class Teed:
    def __init__(self, target, digest):
        self.target, self.digest = target, digest

    def write(self, data):
        self.digest.update(data)
        return self.target.write(data)


def entry(tar, name, data=b"", kind=tarfile.REGTYPE, link="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(data)
    info.mode, info.mtime = (0o755 if kind == tarfile.DIRTYPE else mode), 1700000000
    tar.addfile(info, io.BytesIO(data))


def host_files(limit):
    """Names and contents of regular files below /usr, until so many bytes are reached."""
    total = 0
    for directory, below, names in os.walk("/usr"):
        below.sort()
        for name in sorted(names):
            path = os.path.join(directory, name)
            try:
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    data = file.read(64 << 20)
            except OSError:
                continue
            total += len(data)
            if total > limit:
                return
            yield path[1:], data


def make(path, size, layers):
    """Makes a layout with about so many bytes of files in so many layers; gives its compressed bytes."""
    layout, chance = Layout(path), random.Random(7)
    files = host_files(size * 4 // 5)

    def part(tar, share):
        done = 0
        while done < share:
            name, data = next(files, (None, None))
            if name is None:
                break
            entry(tar, name, data)
            if len(data) > 10000 and chance.random() < 0.1:
                entry(tar, name + ".hard", kind=tarfile.LNKTYPE, link=name)
            done += len(data)

    bulk = max(1, layers - 4)
    for _ in range(bulk):
        layout.layer(lambda tar: part(tar, size * 4 // 5 // bulk))

    def shell(tar):
        with open("/bin/busybox", "rb") as file:
            entry(tar, "bin/busybox", file.read(), mode=0o755)
        for name in ("sh", "mkdir", "seq", "find", "head", "xargs", "cat", "gzip", "sha256sum", "cp", "echo"):
            entry(tar, f"bin/{name}", kind=tarfile.SYMTYPE, link="busybox")

    def packages(tar):
        shell(tar)
        for package in range(100):
            for number in range(20):
                entry(tar, f"opt/p{package:03}/f{number:02}", b"%d %d\n" % (package, number) * 40)

    def removals(tar):
        for package in range(0, 100, 3):
            entry(tar, f"opt/.wh.p{package:03}")

    def replacements(tar):
        for package in range(1, 100, 3):
            entry(tar, f"opt/p{package:03}", kind=tarfile.DIRTYPE)
            entry(tar, f"opt/p{package:03}/.wh..wh..opq")
            entry(tar, f"opt/p{package:03}/new", b"new\n")
        for package in range(2, 100, 3):
            entry(tar, f"opt/across{package:03}", kind=tarfile.LNKTYPE, link=f"opt/p{package:03}/f00")    # a file of a layer below

    def noise(tar):
        for number in range(max(1, size // 5 // 4_000_000)):
            entry(tar, f"opt/noise{number}", chance.randbytes(4_000_000 if size > 50_000_000 else 400_000))

    for fill in (packages, removals, replacements, noise):
        layout.layer(fill)
    return layout.finish()

"""The tree that images are made of, and the images."""

import os
import random
import subprocess

PACKAGES = "python3,python3-numpy,python3-scipy,python3-pandas"
SMALL_FILES, LARGE_FILES = 40_000, (500, 350, 350, 350)


def make_tree(work):
    """A Debian with scientific Python, /opt/small of many files and /opt/large of few, in MB; made once."""
    tree, done = os.path.join(work, "tree"), os.path.join(work, "tree.done")
    if os.path.exists(done):
        return tree
    os.makedirs(work, exist_ok=True)
    subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", tree], check=True, stdout=subprocess.DEVNULL)
    rand = random.Random(1)
    scripts, binaries = sources(tree)
    for number in range(SMALL_FILES):
        folder = os.path.join(tree, "opt", "small", f"package{number % 400:03}", f"part{number // 400 % 10}")
        os.makedirs(folder, exist_ok=True)
        lines = read(scripts[number % len(scripts)]).splitlines(keepends=True)
        start = rand.randrange(len(lines))
        with open(os.path.join(folder, f"file{number}.py"), "wb") as file:
            file.write(b"# %d\n" % number + b"".join(lines[start:] + lines[:start]))
    os.makedirs(os.path.join(tree, "opt", "large"), exist_ok=True)
    for number, size in enumerate(LARGE_FILES):
        with open(os.path.join(tree, "opt", "large", f"large{number}"), "wb") as file:
            while file.tell() < size * 1_000_000:
                # Programs, and the kind of numbers that compress badly, by turns.
                file.write(read(rand.choice(binaries))[: 1 << 20])
                file.write(b"".join(rand.randbytes(2) + b"\x80\x3f" for _ in range(1 << 18)))
            file.truncate(size * 1_000_000)
    open(done, "w", encoding="utf-8").close()
    return tree


def make_image(work, tree, label, compression, block):
    image = os.path.join(work, f"{compression[0]}-{block}.sqfs")
    if not os.path.exists(image):
        subprocess.run(
            ["nice", "mksquashfs", tree, image + ".new", "-comp", *compression, "-b", block, "-no-xattrs", "-quiet", "-no-progress", "-noappend"],
            check=True, stdout=subprocess.DEVNULL)
        os.rename(image + ".new", image)
    return image


def sources(tree):
    scripts, binaries = [], []
    for folder, _, names in sorted(os.walk(os.path.join(tree, "usr", "lib"))):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            size = os.path.getsize(path)
            if name.endswith(".py") and 0 < size < 100_000:
                scripts.append(path)
            elif size > 20_000 and not name.endswith(".py"):
                binaries.append(path)
    return scripts, binaries


def read(path):
    with open(path, "rb") as file:
        return file.read()

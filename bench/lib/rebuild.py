"""A definition built with an empty cache, and again after its last line was changed."""

import os
import shutil
import subprocess
import time

POST = """
    mkdir -p /opt/files
    for d in $(seq 1 60); do mkdir /opt/files/$d; for f in $(seq 1 50); do echo "$d $f" > /opt/files/$d/$f; done; done
    for n in 1 2 3 4; do find /usr -type f | head -1500 | xargs cat | gzip -1 | sha256sum > /opt/files/sum$n; done
    cp -r /opt/files /opt/again
    echo LAST > /opt/last
"""


def make(kerr, image, work):
    """Seconds of the first build and of the second one."""
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    environment = dict(os.environ, APPTAINER_CACHEDIR=work, TMPDIR=work)
    times = []
    for last in ("first", "second"):
        with open(f"{work}/image.def", "w") as file:
            file.write(f"Bootstrap: localimage\nFrom: {image}\n\n%post\n{POST.replace('LAST', last)}")
        start = time.monotonic()
        subprocess.run([kerr, "-s", "build", "--force", f"{work}/image.sif", f"{work}/image.def"], env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.monotonic() - start)
    return times

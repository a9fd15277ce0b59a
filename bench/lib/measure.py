"""Times, counts and memory of the contenders' starts."""

import glob
import json
import os
import shutil
import subprocess
import sys
import time

WARM_UP = 5


def unify_cgroups():
    """crun without root refuses hosts with both kinds of cgroups: for this process and its children there is the new one only."""
    if subprocess.run(["stat", "-fc", "%T", "/sys/fs/cgroup"], capture_output=True, text=True, check=True).stdout.strip() == "cgroup2fs":
        return
    if "KERR_BENCH_UNSHARED" not in os.environ:
        os.environ["KERR_BENCH_UNSHARED"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    subprocess.run(["umount", "--recursive", "/sys/fs/cgroup"], check=True)
    subprocess.run(["mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup"], check=True)


def become(user):
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def times(contenders, user, rounds):
    """Seconds per run by name. Each round runs every contender once, beginning with another one than the round before."""
    pipe, end = os.pipe()
    child = os.fork()
    if child == 0:
        # A failure here must not run the caller's clean-up: the child ends by _exit.
        code = 1
        try:
            os.close(pipe)
            become(user)
            results = run_rounds(contenders, rounds)
            with os.fdopen(end, "w", encoding="utf-8") as file:
                json.dump(results, file)
            code = 0
        finally:
            os._exit(code)

    os.close(end)
    with os.fdopen(pipe, encoding="utf-8") as file:
        text = file.read()
    if os.waitpid(child, 0)[1] != 0:
        raise SystemExit("the measuring process failed")
    return json.loads(text)


def run_rounds(contenders, rounds):
    null = os.open("/dev/null", os.O_RDWR)
    quiet = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
    results = {contender.name: [] for contender in contenders}
    companions = [subprocess.Popen(contender.companion, env=contender.environment, cwd=contender.directory, stdin=subprocess.DEVNULL)
                  for contender in contenders if contender.companion]
    time.sleep(1 if companions else 0)
    try:
        return race(contenders, rounds, results, quiet)
    finally:
        for companion in companions:
            companion.terminate()
            companion.wait()


def race(contenders, rounds, results, quiet):
    for number in range(-WARM_UP, rounds):
        for place in range(len(contenders)):
            contender = contenders[(number + place) % len(contenders)]
            os.chdir(contender.directory)
            began = time.perf_counter()
            process = os.posix_spawn(contender.command[0], contender.command, contender.environment, file_actions=quiet)
            _, status = os.waitpid(process, 0)
            took = time.perf_counter() - began
            if status != 0:
                raise SystemExit(f"{contender.name} ended with {os.waitstatus_to_exitcode(status)}: {' '.join(contender.command)}")
            if number >= 0:
                results[contender.name].append(took)
    return results


def as_user(user, command):
    return ["/usr/bin/setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "--", *command]


def counts(contenders, user):
    """System calls, new processes and page faults by name, without those of the payload and of what drops the privileges."""
    if shutil.which("perf") is None:
        return {}

    def count(command, contender):
        best = None
        for _ in range(3):
            told = subprocess.run(
                ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter,sched:sched_process_fork,page-faults", "--", *command],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False,
                env=contender.environment | {"PATH": os.environ["PATH"]}, cwd=contender.directory)
            values = [line.split(",")[0] for line in told.stderr.splitlines() if line.count(",") > 3]
            if told.returncode != 0 or len(values) != 3 or not all(value.isdigit() for value in values):
                return None
            values = [int(value) for value in values]
            best = values if best is None else [min(pair) for pair in zip(best, values)]
        return best

    plain = contenders[0]
    with_drop, alone = count(as_user(user, plain.command), plain), count(plain.command, plain)
    if with_drop is None or alone is None:
        return {}

    drop = [a - b for a, b in zip(with_drop, alone)]
    answer = {}
    for contender in contenders:
        all_of_it = count(as_user(user, contender.command), contender)
        if all_of_it is not None:
            less = [a + b if contender.waiting else a for a, b in zip(drop, alone)]
            answer[contender.name] = [max(0, a - b) for a, b in zip(all_of_it, less)]
    return answer


def memory(contenders, user, work):
    """KiB by name: (the largest process of the start at its peak, all that stays beside the payload while it runs)."""
    answer = {}
    note = os.path.join(work, "memory")
    for contender in contenders:
        # time(1) is small: what a process had before its exec counts for its peak.
        told = subprocess.run(
            ["/usr/bin/time", "-f", "%M", "-o", note, *as_user(user, contender.command)],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=contender.environment, cwd=contender.directory, check=False)
        if told.returncode == 0:
            with open(note, encoding="utf-8") as file:
                answer[contender.name] = (int(file.read().split()[-1]), stays(contender, user))
    return answer


def stays(contender, user):
    if contender.waiting is None:
        return None
    process = subprocess.Popen(
        as_user(user, contender.waiting), stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        env=contender.environment, cwd=contender.directory)
    time.sleep(1)
    total = 0
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            if os.stat(folder).st_uid == user.pw_uid and first_line(folder + "/comm") != "sleep":
                with open(folder + "/smaps_rollup", encoding="utf-8") as file:
                    total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            pass
    process.wait()
    return total


def first_line(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline().strip()

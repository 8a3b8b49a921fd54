# SPDX-License-Identifier: Apache-2.0
"""Trials with faults: a training is killed, or a system call of it fails, or the power is lost.

After each fault, the training is started again as a user would. A trial fails if it then ends with an
error, with other weights than an undisturbed training, with gaps in the history or with left-over files.
The trials at system calls need strace.
"""

import ast
import json
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time

from program import environment, program

TRAINING = ["train", "--data", "digits", "--limit", "60", "--hidden", "8", "--epochs", "3", "--threads", "1",
            "--checkpoint-every", "1", "--report", "false", "--out", "run"]
EPOCHS = [0, 1, 2, 3]
CALLS = ["rename", "fsync", "unlink", "write", "writev", "openat", "mkdir", "flock"]
RESUME = ["train", "--out", "run", "--resume", "--report", "false"]
FILES = {"config.toml", "history.jsonl", "model.safetensors", "checkpoint/state.safetensors"}
ERRORS = {"write": ["ENOSPC", "EIO"], "writev": ["ENOSPC"], "fsync": ["EIO"], "rename": ["ENOSPC", "EIO"], "openat": ["EMFILE", "ENOSPC"],
          "mkdir": ["ENOSPC"], "unlink": ["EIO"]}


def run(folder, *arguments, prefix=()):
    return subprocess.run([*prefix, program(), *arguments], cwd=folder, env=environment(), capture_output=True,
                          text=True, errors="replace", check=False)


class Folder:
    """A folder in which a training is disturbed and started again."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="selfnorm_fault_"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def files(self):
        root = self.path / "run"
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def has_checkpoint(self):
        return (self.path / "run/checkpoint/state.safetensors").exists()

    def start_again(self):
        return run(self.path, *(RESUME if self.has_checkpoint() else TRAINING))

    def fault(self, model):
        """Starts the training again and returns what is wrong then, or None."""
        finished = self.start_again()
        if finished.returncode != 0:
            return f"status {finished.returncode}: {finished.stderr.strip()[-300:]}"
        if (self.path / "run/model.safetensors").read_bytes() != model:
            return "other weights"
        history = [json.loads(line)["epoch"] for line in (self.path / "run/history.jsonl").read_text().splitlines()]
        if history != EPOCHS:
            return f"history of the epochs {history}"
        others = {name for name in self.files() - FILES if not name.startswith("unfinished/")}
        torn = {name for name in self.files() if ".tmp" in name}
        return f"left-over files {sorted(others | torn)}" if others | torn else None


def reference():
    """Returns the model file of an undisturbed training and its seconds."""
    with Folder() as folder:
        start = time.monotonic()
        finished = run(folder.path, *TRAINING)
        assert finished.returncode == 0, finished.stderr
        return (folder.path / "run/model.safetensors").read_bytes(), time.monotonic() - start


def strace(folder, *options):
    """Runs the training under strace and returns its status and what strace wrote."""
    log = folder.path / "strace.log"
    finished = run(folder.path, *TRAINING, prefix=["strace", "-f", "-o", str(log), *options])
    return finished, log.read_text(errors="replace")


def calls_of(log):
    """Returns the system calls of the main thread that can change the run folder, as (name, number), in order.

    The number counts the calls of the same name, as strace's `when` does."""
    lines = [line.split(None, 1) for line in log.splitlines()]
    main, counts, found = lines[0][0], dict.fromkeys(CALLS, 0), []
    for thread, text in lines:
        name = text.split("(")[0]
        if thread != main or name not in counts:
            continue
        counts[name] += 1
        if name != "openat" or '"run' in text:
            found.append((name, counts[name]))
    return found


def record_calls():
    with Folder() as folder:
        finished, log = strace(folder, "-e", "trace=" + ",".join(CALLS))
        assert finished.returncode == 0, finished.stderr
        return calls_of(log)


def kill_at_calls(model, step=1):
    """Kills the training at every `step`-th system call. Returns the number of trials and the faults."""
    faults, calls = [], record_calls()[::step]
    for name, number in calls:
        with Folder() as folder:
            strace(folder, "-e", f"trace={name}", "-e", f"inject={name}:signal=KILL:when={number}")
            fault = folder.fault(model)
            if fault:
                faults.append(f"killed at {name} {number}: {fault}")
    return len(calls), faults


def kill_at_random_moments(model, seconds, count, seed=1):
    faults, moments = [], random.Random(seed)
    for _ in range(count):
        with Folder() as folder:
            process = subprocess.Popen([program(), *TRAINING], cwd=folder.path, env=environment(),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            moment = moments.uniform(0, seconds)
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            process.wait()
            fault = folder.fault(model)
            if fault:
                faults.append(f"killed after {moment:.3f} s: {fault}")
    return count, faults


def fail_calls(model, step=1):
    """Lets every `step`-th system call fail. The program must say so, and must not be ended by a signal."""
    faults = []
    trials = [(name, number, error) for name, number in record_calls() for error in ERRORS.get(name, [])][::step]
    for name, number, error in trials:
        with Folder() as folder:
            finished, _ = strace(folder, "-e", f"trace={name}", "-e", f"inject={name}:error={error}:when={number}")
            what = f"{error} of {name} {number}"
            if finished.returncode not in (0, 2, 3, 4):
                faults.append(f"{what}: status {finished.returncode}")
            elif finished.returncode != 0 and not finished.stderr.strip():
                faults.append(f"{what}: no message")
            fault = folder.fault(model)
            if fault:
                faults.append(f"{what}: {fault}")
    return len(trials), faults


# ---- Power loss ----


class Disk:
    """Files of which the bytes and, if asked for, the names that were not synced are lost."""

    def __init__(self):
        self.open = {}    # file descriptor: file, or the path of a folder
        self.files = {}   # path: file
        self.synced = {}  # path: file, as of the last sync of its folder

    def apply(self, name, arguments, result):
        if name == "openat":
            self.open.pop(result, None)
            path = text_of(arguments[1])
            if path != "run" and not path.startswith("run/"):
                return
            if "O_WRONLY" in arguments[2]:
                if "O_TRUNC" in arguments[2] or path not in self.files:
                    self.files[path] = {"data": b"", "synced": b""}
                self.open[result] = self.files[path]
            else:
                self.open[result] = self.files.get(path, path)
        elif name in ("write", "writev") and isinstance(self.open.get(int(arguments[0])), dict):
            for text in re.findall(r'"[^"]*"', "".join(arguments[1:])):  # one, or those of writev
                self.open[int(arguments[0])]["data"] += ast.literal_eval("b" + text)
        elif name == "fsync":
            self.sync(self.open.get(int(arguments[0])))
        elif name == "rename":
            self.files[text_of(arguments[1])] = self.files.pop(text_of(arguments[0]))
        elif name == "unlink":
            self.files.pop(text_of(arguments[0]), None)

    def sync(self, file):
        if isinstance(file, dict):
            file["synced"] = file["data"]
        elif file is not None:
            def inside(files):
                return {path: each for path, each in files.items() if str(pathlib.PurePath(path).parent) == file}
            for path in inside(self.synced):
                del self.synced[path]
            self.synced.update(inside(self.files))

    def write(self, root, loses_names):
        for path, file in (self.synced if loses_names else self.files).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(file["synced"])


def text_of(quoted):
    return ast.literal_eval("b" + quoted).decode()


def parse_calls(log):
    """Yields the successful system calls of the log as (name, arguments, result)."""
    for line in log.splitlines():
        found = re.fullmatch(r"\d+\s+(\w+)\((.*)\)\s+= (\d+).*", line)
        if found and found.group(1) in CALLS:
            arguments = re.findall(r'"(?:[^"\\]|\\.)*"|[^,]+', found.group(2))
            yield found.group(1), [each.strip() for each in arguments], int(found.group(3))


def lose_power(model, step=1):
    """Replays the system calls of a training up to each point, and starts it again from there."""
    with Folder() as folder:
        finished, log = strace(folder, "-xx", "-s", "10000000", "-e", "trace=" + ",".join(CALLS))
        assert finished.returncode == 0, finished.stderr
    calls = list(parse_calls(log))
    first = next(i for i, (name, _, _) in enumerate(calls) if name == "mkdir")
    points = [(point, loses_names) for point in range(first, len(calls) + 1) for loses_names in (False, True)][::step]
    faults = []
    for point, loses_names in points:
        disk = Disk()
        for call in calls[:point]:
            disk.apply(*call)
        with Folder() as folder:
            disk.write(folder.path, loses_names)
            fault = folder.fault(model)
            if fault:
                faults.append(f"power lost after {point} calls ({calls[point - 1][0]}), "
                              f"{'with' if loses_names else 'without'} lost names: {fault}")
    return len(points), faults


# ---- Damaged files ----

# For each file of an interrupted run: the command that reads it. A command that succeeds must have the same
# result as with the undamaged file. A changed configuration is another training.
READERS = {"model.safetensors": ["predict", "run"], "checkpoint/state.safetensors": RESUME, "history.jsonl": RESUME,
           "config.toml": RESUME}


def damage_files(changes_of):
    """Damages each file of a run in every way that `changes_of` yields for its bytes, and reads it."""
    faults, count = [], 0
    with Folder() as folder:
        finished = run(folder.path, *TRAINING)
        assert finished.returncode == 0, finished.stderr
        root = folder.path / "run"
        whole = {name: (root / name).read_bytes() for name in FILES}
        for name, command in READERS.items():
            wanted = run(folder.path, *command)
            for what, damaged in changes_of(whole[name]):
                count += 1
                (root / name).write_bytes(damaged)
                read = run(folder.path, *command)
                fault = fault_of_reading(name, read, wanted, root, whole)
                if fault:
                    faults.append(f"{name} {what}: {fault}")
                for other, content in whole.items():
                    (root / other).write_bytes(content)
    return count, faults


def fault_of_reading(name, read, wanted, root, whole):
    if read.returncode not in (0, 2, 3, 4, 5):
        return f"status {read.returncode}"
    if read.returncode != 0:
        return None if read.stderr.strip() else "no message"
    if name == "model.safetensors" and read.stdout != wanted.stdout:
        return "other predictions"
    same = (root / "model.safetensors").read_bytes() == whole["model.safetensors"]
    return None if same or name == "config.toml" else "other weights"


def truncations(content, count=420):
    for length in sorted({len(content) * i // count for i in range(count)}):
        yield f"truncated to {length} bytes", content[:length]


def flips(content, count=520, seed=1):
    places = random.Random(seed)
    for _ in range(count):
        place, bit = places.randrange(len(content)), places.randrange(8)
        damaged = bytearray(content)
        damaged[place] ^= 1 << bit
        yield f"bit {bit} of byte {place} flipped", bytes(damaged)


TRIALS = {
    "kill -9 at a system call": lambda model, seconds, share: kill_at_calls(model, share),
    "kill -9 at a random moment": lambda model, seconds, share: kill_at_random_moments(model, seconds, 200 // share),
    "a system call fails": lambda model, seconds, share: fail_calls(model, share),
    "power loss after a system call": lambda model, seconds, share: lose_power(model, share),
    "a file is truncated": lambda model, seconds, share: damage_files(lambda b: truncations(b, 420 // share)),
    "a bit of a file is flipped": lambda model, seconds, share: damage_files(lambda b: flips(b, 520 // share)),
}

#!/usr/bin/env python3
"""Checks what shells get from the program: completion in bash, zsh and fish, manual pages, colours and quiet.

Usage: shell_test.py BERTH SOURCE_DIR. bash is needed; zsh, fish, man and mandoc are used where they are installed.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

SECONDS = 20  # for a shell to answer


def environment(folder, **more):
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "BERTH_DATA")}
    return {**plain, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder), "BERTH_MACHINE": "none",
            "LC_ALL": "C.UTF-8", "TERM": "xterm", **more}


def on_terminal(words, folder, typed=(), until=None, **more):
    """What a program prints on a terminal of its own, as soon as `until` has come, or at its end."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(words[0], words, environment(folder, **more))
    printed, last = b"", time.monotonic() + SECONDS
    for text in typed:
        time.sleep(0.5)
        os.write(terminal, text.encode())
    while time.monotonic() < last and not (until and re.search(until, printed.decode(errors="replace"))):
        if select.select([terminal], [], [], 0.2)[0]:
            try:
                read = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            if not read:
                break
            printed += read
    os.close(terminal)
    try:
        os.kill(child, 9)
    except ProcessLookupError:
        pass
    os.waitpid(child, 0)
    return printed.decode(errors="replace")


def berth(folder, *words, **more):
    return subprocess.run(["berth", *words], cwd=folder, env=environment(folder, **more), text=True, capture_output=True,
                          timeout=60, check=False)


def completed(folder, *words):
    """The words that are offered for the last one, without what they are."""
    lines = berth(folder, "completion", "words", "--", *words).stdout.splitlines()
    return [line.split("\t")[0] for line in lines]


def check_words(folder, root):
    scenarios = sorted(path.stem for path in (root / "scenarios").glob("*.yaml"))
    profiles = sorted(path.stem for path in (root / "hardware").glob("*.yaml"))
    expected = {
        ("ru",): ["run"],
        ("--ver",): ["--version"],
        ("run", ""): [":files", *scenarios],
        ("RUN", "RAG-rk3588-bu"): [":files", "rag-rk3588-bucket-128"],
        ("run", "rag-rk3588", "--form"): ["--format"],
        ("run", "rag-rk3588", "--format", ""): ["text", "json", "csv", "markdown"],
        ("sweep", "rag-rk3588", "--format", ""): ["json", "csv"],
        ("run", "rag-rk3588", "--format=js"): ["json"],
        ("run", "rag-rk3588", "--format", "=", "js"): ["json"],
        ("run", "rag-rk3588", "--set", "har"): ["hardware."],
        ("run", "rag-rk3588", "--set", "hardware.devices.npu.dma.se"): ["hardware.devices.npu.dma.setup="],
        ("run", "rag-rk3588", "--set", "hardware.devices.npu.dma.ba"): ["hardware.devices.npu.dma.bandwidth="],
        ("predict", "--hardware", ""): [":files", *profiles],
        ("compare", "rag-rk3588", "--hardware", "rk3588-rknn-2.3.2,rk3576-rk"):
            [":files", "rk3588-rknn-2.3.2,rk3576-rkllm-1.3.0", "rk3588-rknn-2.3.2,rk3576-rknn-2.3.2"],
        ("predict", "--hardware", "rk3588-rknn-2.3.2", "--device", ""): ["npu", "cpu"],
        ("ops", "rag-rk3588", "--stage", "r"): ["retrieve", "rerank"],
        ("run", "rag-rk3588", "--report", ""): [":folders"],
        ("check", ""): [":files"],
        ("no-such-command", ""): [],
    }
    return [f"completion of {words}: {completed(folder, *words)}, not {wanted}" for words, wanted in expected.items()
            if sorted(completed(folder, *words)) != sorted(wanted)]


def check_bash(folder):
    shown = on_terminal(["bash", "--norc", "-i"], folder,
                        ['eval "$(berth completion bash)"\n', "berth run rag-rk3588-bu\t", "--form\tjs\t"],
                        r"rag-rk3588-bucket-128 --format json")
    return [] if "rag-rk3588-bucket-128 --format json" in shown else [f"bash completes otherwise:\n{shown}"]


def check_zsh(folder):
    shown = on_terminal(["zsh", "-f", "-i"], folder,
                        ["autoload -U compinit && compinit -u -D\n", 'eval "$(berth completion zsh)"\n',
                         "berth run rag-rk3588-bu\t", "--form\tjs\t\n"], r"--format json")
    return [] if re.search(r"bucket-128", shown) and re.search("--format", shown) else [f"zsh completes otherwise:\n{shown}"]


def check_fish(folder):
    script = "berth completion fish | source; complete -C 'berth run rag-rk3588-bu'; complete -C 'berth run --form'"
    done = subprocess.run(["fish", "--no-config", "-c", script], cwd=folder, env=environment(folder), text=True,
                          capture_output=True, timeout=60, check=False)
    offered = [line.split("\t")[0] for line in done.stdout.splitlines()]
    right = "rag-rk3588-bucket-128" in offered and "--format" in offered
    return [] if right else [f"fish offers {offered}: {done.stderr}"]


def check_pages(folder):
    errors = []
    if berth(folder, "man", "--out", "man").returncode != 0:
        return ["berth man writes no pages"]
    pages = sorted((folder / "man").iterdir())
    commands = re.findall(r"^  ([a-z][a-z-]*)(?: |$)", berth(folder, "--help").stdout, re.MULTILINE)
    if [page.name for page in pages] != sorted(["berth.1", *(f"berth-{command}.1" for command in commands)]):
        errors.append(f"not a page per command: {[page.name for page in pages]}")
    for page in pages:
        if shutil.which("mandoc"):
            said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], text=True, capture_output=True,
                                  check=False).stdout
            errors += [line for line in said.splitlines() if "missing date" not in line]
        if shutil.which("groff"):
            errors += subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", str(page)], text=True,
                                     capture_output=True, check=False).stderr.splitlines()
    shown = berth(folder, "man", "run").stdout
    errors += [f"berth man run lacks {part}" for part in ("\\-\\-format", "\\-\\-quiet", ".SH EXAMPLES", "exit".upper())
               if part not in shown]
    refused = berth(folder, "man", "rum")
    if refused.returncode != 2 or "did you mean run" not in refused.stderr:
        errors.append(f"berth man rum: {refused.returncode} {refused.stderr}")
    return errors


def check_manners(folder):
    silent = ["ops", "rag-rk3588", "--stage", "rerank", "--set", "hardware.devices.npu.vector.gather.per_cycle=9"]
    coloured = on_terminal(["berth", "run", "rag-rk3599"], folder)
    plain = on_terminal(["berth", "run", "rag-rk3599"], folder, NO_COLOR="1")
    dumb = on_terminal(["berth", "run", "rag-rk3599"], folder, TERM="dumb")
    errors = []
    if "\033[1;31merror:\033[0m" not in coloured:
        errors.append(f"an error on a terminal has no colour: {coloured!r}")
    errors += [f"there is colour: {text!r}" for text in (plain, dumb, berth(folder, "run", "rag-rk3599").stderr)
               if "\033" in text or "error:" not in text]
    if berth(folder, *silent).stderr == "":
        errors.append("the setting is not silent any more; this test needs one that is")
    if berth(folder, *silent, "--quiet").stderr != "":
        errors.append("--quiet warns")
    if "error:" not in berth(folder, "run", "rag-rk3599", "--quiet").stderr:
        errors.append("--quiet hides errors")
    return errors


def check_progress(folder):
    sweep = ["berth", "sweep", "rag-rk3588", "--vary", "stages.rerank.tokens=1:512:1", "--vary",
             "stages.embed.tokens=1:32:1", "--vary", "hardware.devices.npu.clock=300MHz:1GHz:1MHz", "--max-points",
             "99999999", "--out", "rows.csv"]
    drawn = on_terminal(sweep, folder, (), r"points \[#* *\] \d+ of \d+, \d+ s left")
    quiet = on_terminal(sweep[:-1] + ["quiet.csv", "--quiet"], folder, (), "points")[:200] \
        if "points [" in drawn else ""
    return ([] if "points [" in drawn else [f"a long sweep draws no bar: {drawn[-300:]!r}"]) + \
        ([f"--quiet shows progress: {quiet!r}"] if "points" in quiet else [])


def main():
    program, root = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory() as made:
        folder = pathlib.Path(made)
        (folder / "berth").symlink_to(program)
        errors = check_words(folder, root) + check_bash(folder) + check_pages(folder) + check_manners(folder) + \
            check_progress(folder)
        for shell, check in (("zsh", check_zsh), ("fish", check_fish)):
            errors += check(folder) if shutil.which(shell) else []
    print("\n".join(errors) if errors else "shells get completion, pages, colour and quiet")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

"""The plan by curl: one command line for all cases, so that connections and cookies are kept as in one program."""

from __future__ import annotations

import json
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.clients.drivers.plan import FIELDS, FILE_NAME, FILE_TYPE, answer, read_plan, report, whole

SEPARATOR = "\x1e"


def options(plan: Any, case: dict[str, Any], folder: Path) -> list[str]:
    # -g: braces and brackets in a URL are not patterns to it.
    words = ["-sS", "-g", "-L", "--max-time", "30", "-x", plan["proxy"], "--cacert", plan["ca"], "-b", ""]
    words += ["-o", str(folder / case["name"]), "-w", f"%{{json}}{SEPARATOR}%{{header_json}}{SEPARATOR}"]
    if case["accept"]:
        words.append("--compressed")
    if case["http10"]:
        words.append("--http1.0")
    for name, value in case["headers"]:
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    if case["expect"]:
        words += ["-H", "Expect: 100-continue"]
    if send := case["send"]:
        if send["how"] == "multipart":
            path = body_file(folder, send)
            for name, value in FIELDS.items():
                words += ["-F", f"{name}={value}"]
            words += ["-F", f"file=@{path};filename={FILE_NAME};type={FILE_TYPE}"]
        else:
            if send["how"] == "chunked":
                words += ["-H", "Transfer-Encoding: chunked"]
            words += ["--data-binary", f"@{body_file(folder, send)}" if send["size"] else ""]
        # Said for a POST as well it would keep the method over a redirect, which nobody means.
        if case["method"] != "POST":
            words += ["-X", case["method"]]
    elif case["method"] == "HEAD":
        words.append("-I")
    elif case["method"] != "GET":
        words += ["-X", case["method"]]
    return [*words, case["url"]]


def body_file(folder: Path, send: dict[str, Any]) -> Path:
    path = folder / f"send-{send['size']}-{send['how']}"
    if not path.exists():
        path.write_bytes(whole(send))
    return path


def main() -> None:
    plan = read_plan()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words: list[str] = ["-q"]
        for case in plan["cases"]:
            words += [*(["--next"] if len(words) > 1 else []), *options(plan, case, folder)]
        # Arguments are bytes to curl, and go out as given: a URL in UTF-8 as from a shell, header values in Latin-1.
        coded = [word.encode("latin-1" if flag == "-H" else "utf-8") for flag, word in pairwise(["", *words])]
        done = subprocess.run(["curl", *coded], stdout=subprocess.PIPE)
        parts = done.stdout.decode("latin-1").split(SEPARATOR)
        answers: list[dict[str, Any]] = []
        for case, told, headers in zip(plan["cases"], parts[0::2], parts[1::2], strict=False):
            said = json.loads(told)
            if said["exitcode"]:
                answers.append({"name": case["name"], "error": f"curl {said['exitcode']}: {said['errormsg']}"})
                continue
            pairs = [(name, value) for name, values in json.loads(headers).items() for value in values]
            path = folder / case["name"]
            # With -I curl writes the head itself into the file.
            body = path.read_bytes() if path.exists() and case["method"] != "HEAD" else b""
            answers.append(answer(case["name"], said["response_code"], pairs, body))
    report(answers)


main()

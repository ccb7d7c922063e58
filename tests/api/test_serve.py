"""`fanzha-serve` refuses what it should not serve, in words and with exit code 2."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from fanzha_api import serve


def refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert serve.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("fanzha-serve: ")
    assert len(err.splitlines()) == 1
    return err


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7"])
def test_an_address_beyond_this_machine_needs_a_flag(
    host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    err = refused(["--host", host], capsys)
    assert "no authentication" in err
    assert "--allow-remote" in err


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        err = refused(["--port", str(port)], capsys)
    assert f"port {port}" in err
    assert "--port" in err


def test_an_address_that_is_not_this_machines_is_refused_with_the_flag_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    err = refused(["--host", "192.0.2.7", "--allow-remote"], capsys)
    assert "cannot listen on 192.0.2.7" in err


def test_an_unknown_host_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "unknown" in refused(["--host", "no host at all"], capsys)


def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FANZHA_THREADS", "many")
    assert "FANZHA_THREADS" in refused([], capsys)


@pytest.mark.parametrize(
    "argv",
    [["--port", "65536"], ["--port", "-1"], ["--port", "９"], ["--workers", "0"], ["--reload"]],
    ids=["high port", "negative port", "wide digit", "no workers", "unknown option"],
)
def test_a_wrong_option_ends_with_code_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        serve.main(argv)
    assert ended.value.code == 2
    assert argv[0] in capsys.readouterr().err


def test_importing_the_service_loads_no_model_and_sets_up_no_logging() -> None:
    code = (
        "import logging, sys; import fanzha_api.app, fanzha_api.serve; "
        "assert 'fanzha.detector' not in sys.modules, 'detector'; "
        "assert 'sklearn' not in sys.modules and 'jieba' not in sys.modules, 'heavy'; "
        "assert not logging.getLogger('fanzha_api').handlers, 'handlers'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

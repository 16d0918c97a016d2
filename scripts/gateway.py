"""Drives a LiteLLM proxy with made-up replies, as a person would: `scripts/wires` calls it.

Two of the interfaces that the proxy speaks, a wrong key, and a model that it does not know.
"""

import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEY = "sk-gateway-0123456789"
SAID = "Hello from the gateway – ü."


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url, process, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise SystemExit("the proxy ended before it answered")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the proxy did not answer within {seconds} s")


def gimlet(program, home, model, key=KEY):
    store = subprocess.run(
        [program, "auth", "login", model.split("/")[0]],
        input=key, text=True, env=home, capture_output=True, timeout=60,
    )
    assert store.returncode == 0, store.stderr
    run = subprocess.run(
        [program, "-p", "hi", "--model", model, "--output-format", "json"],
        text=True, env=home, capture_output=True, timeout=120,
    )
    assert KEY not in run.stdout + run.stderr, "the key is shown"
    return json.loads(run.stdout)


def main():
    proxy, program = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        (folder / "proxy.yaml").write_text(json.dumps({
            "model_list": [{"model_name": "mock", "litellm_params": {
                "model": "openai/mock", "api_key": "none", "mock_response": SAID}}],
            "litellm_settings": {"num_retries": 0},
            "general_settings": {"master_key": KEY},
        }))
        (folder / "config").mkdir()
        (folder / "config/settings.json").write_text(json.dumps({"providers": {
            "litellm": {"baseUrl": f"{base}/v1"},
            "gate": {"wire": "anthropic", "baseUrl": base, "keyHeader": "bearer"},
        }}))
        quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
        log = open(folder / "proxy.log", "wb")
        command = [proxy, "--config", folder / "proxy.yaml", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env=os.environ | quiet)
        try:
            wait_for(f"{base}/health/liveliness", process)
            home = {"GIMLET_HOME": str(folder), "HOME": str(folder), "PATH": os.environ["PATH"]}
            for model in ("litellm/mock", "gate/mock"):
                result = gimlet(program, home, model)
                assert result["result"] == SAID and not result["is_error"], result
                assert result["usage"]["output_tokens"] > 0, result
            unknown = gimlet(program, home, "litellm/nobody")
            assert unknown["is_error"] and "Invalid model name" in unknown["result"], unknown
            wrong = gimlet(program, home, "litellm/mock", key="sk-wrong-key-999")
            assert wrong["is_error"] and "sk-wrong-key-999" not in json.dumps(wrong), wrong
            print("the gateway: 4 sessions, 0 faults")
        finally:
            process.terminate()
            process.wait(30)


main()

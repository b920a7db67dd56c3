"""Open a bi-encoder by its name."""

from __future__ import annotations

from ingest import weights
from ingest.embed import BiEncoder, E5Encoder, Encoder
from ingest.joint_encoder import MIXTURE, JointEncoder, Mixture


def open_encoder(
    name: str = "",
    device: str = "auto",
    dtype: weights.Numeric = "auto",
    *,
    by_onnx: bool = False,
) -> Encoder:
    """The bi-encoder of a name, whose weights are loaded when it first encodes.

    Args:
        name: A bundled name, a local folder or a hub id; "" for the default one.
        device: As in `ModelSettings`, as is `dtype`.
        dtype: The data type of the weights.
        by_onnx: See `BiEncoder`.

    Raises:
        ModelMissing: it is not on this machine.
    """
    name = name or weights.default_encoder()
    if name == weights.ENCODER:
        english = BiEncoder(weights.MINILM, device, dtype, by_onnx=by_onnx)
        multilingual = E5Encoder(device, dtype, by_onnx=by_onnx)
        return JointEncoder(english, multilingual, Mixture.read(MIXTURE))
    if name == weights.E5 or name in weights.BUNDLED[weights.E5].aliases:
        return E5Encoder(device, dtype, by_onnx=by_onnx)
    return BiEncoder(name, device, dtype, by_onnx=by_onnx)

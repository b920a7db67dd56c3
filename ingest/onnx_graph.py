"""ONNX graphs as the bytes that ONNX Runtime reads, written without the package onnx.

A graph is a message of protocol buffers: fields, each with a number, the kind of its value, and the value.
Source of the numbers: onnx.proto3 of ONNX, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

_IR_VERSION = 9
_OPERATORS = {"": 17, "com.microsoft": 1}  # domain: version
_FLOAT = 1  # of TensorProto.DataType
_FLOAT_ATTRIBUTE, _INTEGER_ATTRIBUTE = 1, 2  # of AttributeProto.AttributeType


@dataclass(frozen=True, slots=True)
class Node:
    """One operator: its type, the names of its inputs and outputs, numbers that it takes, its domain."""

    operator: str
    inputs: Sequence[str]
    outputs: Sequence[str]
    attributes: dict[str, int | float] = field(default_factory=dict)
    domain: str = ""


def graph_bytes(
    nodes: Sequence[Node], inputs: Sequence[tuple[str, int]], outputs: Sequence[tuple[str, int]]
) -> bytes:
    """A model of float32 tensors of any size.

    Args:
        nodes: In an order in which each follows those whose outputs it takes.
        inputs: Name and number of dimensions of each input.
        outputs: Likewise.
    """
    graph = b"".join(_message(1, _node(node)) for node in nodes)
    graph += _text(2, "graph")
    graph += b"".join(_message(11, _tensor(*value)) for value in inputs)
    graph += b"".join(_message(12, _tensor(*value)) for value in outputs)
    operators = b"".join(
        _message(8, _text(1, domain) + _integer(2, version))
        for domain, version in _OPERATORS.items()
    )
    return _integer(1, _IR_VERSION) + _message(7, graph) + operators


def _node(node: Node) -> bytes:
    names = [_text(1, name) for name in node.inputs] + [_text(2, name) for name in node.outputs]
    attributes = [_message(5, _attribute(*item)) for item in node.attributes.items()]
    return b"".join([*names, _text(4, node.operator), *attributes, _text(7, node.domain)])


def _attribute(name: str, value: int | float) -> bytes:
    if isinstance(value, float):
        number = _key(2, 5) + struct.pack("<f", value)
        return _text(1, name) + number + _integer(20, _FLOAT_ATTRIBUTE)
    return _text(1, name) + _integer(3, value) + _integer(20, _INTEGER_ATTRIBUTE)


def _tensor(name: str, dimensions: int) -> bytes:
    shape = b"".join(_message(1, b"") for _ in range(dimensions))  # a dimension of any size
    return _text(1, name) + _message(2, _message(1, _integer(1, _FLOAT) + _message(2, shape)))


def _key(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _integer(number: int, value: int) -> bytes:
    return _key(number, 0) + _varint(value)


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode())


def _message(number: int, value: bytes) -> bytes:
    return _key(number, 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """A number of 7 bits a byte, the lowest first; all but the last byte have the highest bit set."""
    low, rest = value & 127, value >> 7
    return bytes([low | 128]) + _varint(rest) if rest else bytes([low])

"""The exported form of a BERT body: an ONNX graph written node by node, its matrices in eight bits.

Matrices of the embedding model: int8 in blocks along the input dimension, unpacked to float32 by the runtime when
it loads the model (constant folding), for vectors must be those of the float model. Matrices of the reader: int8, one
scale a row, multiplied as integers by inputs brought to eight bits on the way (`DynamicQuantizeLinear`), a third
quicker even without eight-bit dot products. Word rows: int8, one scale a row, unpacked row by row. The rest stays in
float32: it weighs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

BLOCK = 32
FINE_BLOCK = 16
"""Weights that share a scale. Attention inputs are the most sensitive: of the cosine lost to eight bits
(0.0006 on passages of reports) half is theirs with blocks of 32."""
OPSET = 20
MOST_ASKED = 66
"""First tokens among which all of a question's are, as the reader was taught (`read.py`)."""


class Graph:
    """Nodes and constants under construction."""

    def __init__(self, *, integers: bool = False) -> None:
        """Multiply as integers when `integers`; else unpack the matrices at load."""
        self._integers = integers
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: np.ndarray) -> str:
        """Keep a constant and return its name."""
        self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, kind: str, inputs: list[str], *, name: str = "", domain: str = "", **settings: Any) -> str:
        """Add a node of one output and return the output's name."""
        name = name or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, domain=domain, **settings))
        return name

    def split(self, value: str, parts: int) -> list[str]:
        """Add a split of the last dimension in equal parts."""
        names = [f"{value}_part{i}" for i in range(parts)]
        self._nodes.append(helper.make_node("Split", [value], names, axis=-1, num_outputs=parts))
        return names

    def linear(
        self, value: str, name: str, weight: np.ndarray, bias: np.ndarray, *, block: int = BLOCK
    ) -> str:
        """Add `value @ weight.T + bias`, the weight kept in blocks of eight bits, or float32 when none fit."""
        rows, columns = weight.shape
        if block and self._integers:
            product = self._integer_product(value, name, weight)
        elif not block or columns % block:
            product = self.node(
                "MatMul", [value, self.constant(f"{name}.weight", weight.T.astype(np.float32))]
            )
        else:
            blocks = weight.T.reshape(columns // block, block, rows)
            scale = np.maximum(np.abs(blocks).max(1, keepdims=True), 1e-8).astype(np.float32) / 127.0
            packed = np.round(blocks / scale).astype(np.int8)
            size = self.constant(f"{name}.size", np.array([columns, rows], dtype=np.int64))
            whole = self.node("Cast", [self.constant(f"{name}.packed", packed)], to=TensorProto.FLOAT)
            whole = self.node("Mul", [whole, self.constant(f"{name}.scale", scale)])
            product = self.node("MatMul", [value, self.node("Reshape", [whole, size])])
        return self.node("Add", [product, self.constant(f"{name}.bias", bias.astype(np.float32))])

    def _integer_product(self, value: str, name: str, weight: np.ndarray) -> str:
        """Add `value @ weight.T`: the inputs in eight bits without sign, one scale a call, the weight one a row."""
        scale = np.maximum(np.abs(weight).max(1), 1e-8).astype(np.float32) / 127.0
        packed = np.round(weight / scale[:, None]).astype(np.int8)
        inputs = [f"{name}.inputs", f"{name}.inputs_scale", f"{name}.inputs_zero"]
        self._nodes.append(helper.make_node("DynamicQuantizeLinear", [value], inputs))
        whole = self.node("MatMulInteger", [inputs[0], self.constant(f"{name}.packed", packed.T), inputs[2]])
        sizes = self.node("Mul", [inputs[1], self.constant(f"{name}.scale", scale)])
        return self.node("Mul", [self.node("Cast", [whole], to=TensorProto.FLOAT), sizes])

    def norm(self, value: str, name: str, weights: Mapping[str, np.ndarray], epsilon: float) -> str:
        """Add a layer normalisation."""
        gain, shift = (self.constant(f"{name}.{k}", weights[f"{name}.{k}"]) for k in ("weight", "bias"))
        return self.node("LayerNormalization", [value, gain, shift], axis=-1, epsilon=epsilon)

    def rows(self, name: str, table: np.ndarray, indices: str) -> str:
        """Add a look-up in a table kept in eight bits, one scale a row."""
        scale = np.maximum(np.abs(table).max(1, keepdims=True), 1e-8) / 127.0
        packed = np.round(table / scale).astype(np.int8)
        found = self.node("Gather", [self.constant(f"{name}.packed", packed), indices])
        size = self.node("Gather", [self.constant(f"{name}.scale", scale.astype(np.float32)), indices])
        whole = self.node("Cast", [found], to=TensorProto.FLOAT)
        return self.node("Mul", [whole, size], name=f"{name}.rows")

    def model(self, inputs: list[str], outputs: Mapping[str, list[str]]) -> onnx.ModelProto:
        """Return the model; inputs are int64 (batch, tokens), outputs float32 of the named shapes."""
        described = helper.make_graph(
            self._nodes,
            "ra_assistant",
            [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs],
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, shape) for n, shape in outputs.items()],
            list(self._constants.values()),
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(described, opset_imports=opsets, ir_version=10, producer_name="ra-assistant")


def body(graph: Graph, weights: Mapping[str, np.ndarray], config: Mapping[str, Any], *, typed: bool) -> str:
    """Add embeddings and layers of a BERT; return the name of its last hidden states (batch, tokens, width).

    The graph's inputs are `input_ids`, `attention_mask` and, when `typed`, `token_type_ids`.
    """
    epsilon, heads = config["layer_norm_eps"], config["num_attention_heads"]
    hidden = graph.rows(
        "embeddings.word_embeddings", weights["embeddings.word_embeddings.weight"], "input_ids"
    )
    places = weights["embeddings.position_embeddings.weight"]
    types = weights["embeddings.token_type_embeddings.weight"]
    if not typed:
        places = places + types[:1]
    shape = graph.node("Shape", ["input_ids"], start=1, end=2)
    zero = graph.constant("zero", np.array([0], dtype=np.int64))
    graph.constant("one", np.array([1], dtype=np.int64))
    table = graph.constant("embeddings.positions", places.astype(np.float16))
    used = graph.node("Slice", [table, zero, shape, zero])
    hidden = graph.node("Add", [hidden, graph.node("Cast", [used], to=TensorProto.FLOAT)])
    if typed:
        kinds = graph.constant("embeddings.types", types)
        hidden = graph.node("Add", [hidden, graph.node("Gather", [kinds, "token_type_ids"])])
    hidden = graph.norm(hidden, "embeddings.LayerNorm", weights, epsilon)
    mask = graph.node("Cast", ["attention_mask"], to=TensorProto.INT32)
    for n in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{n}"
        names = [f"{at}.attention.self.{k}" for k in ("query", "key", "value")]
        joined = graph.linear(
            hidden,
            f"{at}.qkv",
            np.concatenate([weights[f"{k}.weight"] for k in names]),
            np.concatenate([weights[f"{k}.bias"] for k in names]),
            block=FINE_BLOCK,
        )
        query, key, value = graph.split(joined, 3)
        seen = graph.node(
            "MultiHeadAttention", [query, key, value, "", mask], domain="com.microsoft", num_heads=heads
        )
        for name, residual in ((f"{at}.attention.output", hidden), (f"{at}.output", "")):
            if not residual:
                wide = f"{at}.intermediate.dense"
                inner = graph.linear(hidden, wide, weights[f"{wide}.weight"], weights[f"{wide}.bias"])
                seen, residual = graph.node("Gelu", [inner]), hidden
            dense = f"{name}.dense"
            out = graph.linear(seen, dense, weights[f"{dense}.weight"], weights[f"{dense}.bias"])
            hidden = graph.norm(graph.node("Add", [out, residual]), f"{name}.LayerNorm", weights, epsilon)
    return hidden


def embedding_model(weights: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> onnx.ModelProto:
    """Return the graph from ids and mask to `embedding` (batch, width), rows of length one."""
    graph = Graph()
    hidden = body(graph, weights, config, typed=False)
    last = graph.constant("last", np.array([-1], dtype=np.int64))
    mask = graph.node("Unsqueeze", [graph.node("Cast", ["attention_mask"], to=TensorProto.FLOAT), last])
    total = graph.node("ReduceSum", [graph.node("Mul", [hidden, mask]), "one"], keepdims=0)
    mean = graph.node("Div", [total, graph.node("ReduceSum", [mask, "one"], keepdims=0)])
    graph.node("LpNormalization", [mean], name="embedding", axis=-1, p=2)
    return graph.model(["input_ids", "attention_mask"], {"embedding": ["batch", config["hidden_size"]]})


def reader_model(weights: Mapping[str, np.ndarray], config: Mapping[str, Any]) -> onnx.ModelProto:
    """Return the graph from ids, mask and types to the logits of spans and of being answerable."""
    graph = Graph(integers=True)
    hidden = body(graph, weights, config, typed=True)
    graph.constant("last", np.array([-1], dtype=np.int64))
    spans = graph.linear(hidden, "spans", weights["spans.weight"], weights["spans.bias"], block=0)
    graph.node("Identity", [spans], name="span_logits")
    low = graph.constant("low", np.array(-1e4, dtype=np.float32))
    of_passage = graph.node("Cast", ["token_type_ids"], to=TensorProto.BOOL)
    within = graph.node("Where", [graph.node("Unsqueeze", [of_passage, "last"]), spans, low])
    chance = graph.node("Softmax", [graph.node("ReduceSum", [within, "last"], keepdims=0)], axis=1)
    found = graph.node("MatMul", [graph.node("Unsqueeze", [chance, "one"]), hidden])
    types = graph.node("Cast", ["token_type_ids"], to=TensorProto.FLOAT)
    real = graph.node("Cast", ["attention_mask"], to=TensorProto.FLOAT)
    # Padding is of type 0, so the question is what is neither padding nor passage.
    question = graph.node("Sub", [real, graph.node("Mul", [real, types])])
    row = graph.node("Unsqueeze", [question, "one"])
    asked = graph.node("MatMul", [row, hidden])
    asked = graph.node("Div", [asked, graph.node("ReduceSum", [row, "last"])])
    joined = graph.node("Squeeze", [graph.node("Concat", [asked, found], axis=2), "one"])
    logit = _judged(graph, weights, "judge", joined)
    best = graph.node("ReduceMax", [within, "one"], keepdims=0)
    lift = graph.constant("lift", weights["lift"].reshape(2, 1))
    logit = graph.node("Add", [logit, graph.node("MatMul", [best, lift])])
    graph.node("Sub", [logit, _doubted(graph, weights, hidden, question, of_passage)], name="answerable")
    return graph.model(
        ["input_ids", "attention_mask", "token_type_ids"],
        {"span_logits": ["batch", "tokens", 2], "answerable": ["batch", 1]},
    )


def _judged(graph: Graph, weights: Mapping[str, np.ndarray], name: str, value: str, beside: str = "") -> str:
    """Add two layers that give one logit; what is `beside` is added between them."""
    inner = graph.linear(value, f"{name}.0", weights[f"{name}.0.weight"], weights[f"{name}.0.bias"])
    if beside:
        inner = graph.node("Add", [inner, beside])
    last = f"{name}.2"
    return graph.linear(
        graph.node("Gelu", [inner]), last, weights[f"{last}.weight"], weights[f"{last}.bias"], block=0
    )


def _doubted(
    graph: Graph, weights: Mapping[str, np.ndarray], hidden: str, question: str, of_passage: str
) -> str:
    """Add what is held against a passage (batch, 1), token by token of the question: `Reader` of `read.py`."""
    zero, one, two = "zero", "one", graph.constant("two", np.array([2], dtype=np.int64))
    most = graph.constant("most_asked", np.array([MOST_ASKED], dtype=np.int64))
    low = graph.constant("lowest", np.array(-1e4, dtype=np.float32))

    def first(value: str) -> str:
        return graph.node("Slice", [value, zero, most, one])

    def of_the_passage(value: str) -> str:
        return graph.node("Where", [graph.node("Unsqueeze", [of_passage, one]), value, low])

    rows = graph.node("LpNormalization", ["embeddings.word_embeddings.rows"], axis=-1, p=2)
    alike = graph.node("MatMul", [first(rows), graph.node("Transpose", [rows], perm=[0, 2, 1])])
    near = graph.node("ReduceMax", [of_the_passage(alike), two])
    asked = first(hidden)
    sought, held = (
        graph.linear(value, name, weights[f"{name}.weight"], weights[f"{name}.bias"], block=0)
        for name, value in (("sought", asked), ("held", hidden))
    )
    match = graph.node("MatMul", [sought, graph.node("Transpose", [held], perm=[0, 2, 1])])
    root = graph.constant("match_root", np.array(len(weights["held.bias"]) ** 0.5, dtype=np.float32))
    chance = graph.node("Softmax", [of_the_passage(graph.node("Div", [match, root]))], axis=2)
    found = graph.node("MatMul", [chance, hidden])
    beside = graph.linear(near, "nearest", weights["nearest.weight"], weights["nearest.bias"], block=0)
    joined = graph.node("Concat", [asked, found], axis=2)
    each = graph.node("Squeeze", [_judged(graph, weights, "doubt", joined, beside), "last"])
    is_asked = graph.node("Cast", [first(question)], to=TensorProto.BOOL)
    each = graph.node("Where", [is_asked, each, low])
    return graph.node("Softplus", [graph.node("ReduceLogSumExp", [each, one])])

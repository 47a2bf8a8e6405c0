"""The examples that the reader is taught with: whatever is cut or added, the answer stays what it was."""

from __future__ import annotations

import json
import random
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ra_assistant.types import Passage
from tests.conftest import make_document
from tests.tiny import tiny_tokenizer

TRAINING = Path(__file__).parents[2] / "training"
TEXT = (
    "Le parc a ouvert en mars 2018. Il hébergeait fin 2021 trente-neuf jeunes pousses.\n"
    "Deux d’entre elles ont levé 2,4 M€. Le comité a examiné 118 dossiers !\n\n"
    "412\nvisites\n\nLa durée moyenne passe de 19 à 23 mois. La cantine a rouvert."
)
ANSWERS = ["trente-neuf jeunes pousses", "2,4 M€", "118 dossiers", "412", "23 mois"]


@pytest.fixture(scope="module")
def examples() -> ModuleType:
    """Return the module that makes the examples."""
    sys.path.insert(0, str(TRAINING))
    try:
        import examples as made
    finally:
        sys.path.remove(str(TRAINING))
    return made


@pytest.fixture(scope="module")
def read() -> ModuleType:
    """Return the training script of the reader."""
    sys.path.insert(0, str(TRAINING))
    try:
        import read as script
    finally:
        sys.path.remove(str(TRAINING))
    return script


def example(examples: ModuleType, words: str) -> object:
    """Return an example whose answer is these words of the text."""
    start = TEXT.index(words)
    return examples.Example("Combien ?", "Titre", TEXT, ((start, start + len(words)),))


@settings(max_examples=60, deadline=None)
@given(words=st.sampled_from(ANSWERS), seed=st.integers(0, 2**16))
def test_cutting_and_lengthening_a_passage_keep_the_answer(
    examples: ModuleType, words: str, seed: int
) -> None:
    rng = random.Random(seed)
    made = examples.lengthened(
        examples.cropped(example(examples, words), rng), "Autre chose. Encore autre chose.", rng
    )
    assert [made.text[a:b] for a, b in made.answers] == [words]


@settings(max_examples=40, deadline=None)
@given(words=st.sampled_from(ANSWERS), most=st.integers(60, 400))
def test_a_window_of_a_long_text_keeps_the_answer_or_drops_it_whole(
    examples: ModuleType, words: str, most: int
) -> None:
    start = TEXT.index(words)
    text, answers = examples.window(TEXT, ((start, start + len(words)),), most)
    assert len(text) <= max(most, len(TEXT))
    assert all(text[a:b] == words for a, b in answers)


@settings(max_examples=40, deadline=None)
@given(most=st.integers(60, 400), place=st.floats(0, 1))
def test_a_window_without_an_answer_is_taken_anywhere(examples: ModuleType, most: int, place: float) -> None:
    text, answers = examples.window(TEXT, (), most, place)
    assert text
    assert text in TEXT
    assert answers == ()


def test_length_does_not_tell_a_near_miss_from_an_answer(examples: ModuleType) -> None:
    """A reader once learnt that long passages do not answer: near misses alone were read whole."""
    sentence = "La cantine a servi 118 repas en mars et la salle a reçu du monde. "
    long = {"id": "p", "title": "Titre", "text": sentence * 30, "group": "g"}
    start = long["text"].index("118")
    asked = {"question": "Combien de repas ?", "type": "autre", "history": [], "passage": "p", "hard": []}
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for seed in range(60):
        rng = random.Random(seed)
        answered = {**asked, "answers": [{"text": "118", "start": start}]}
        made = examples.examples([{**asked, "answers": []}, answered], {"p": long}, rng)
        for example in made:
            lengths[bool(example.answers)].append(len(example.text))
    assert max(lengths[False]) <= max(examples.LENGTHS)
    means = {kind: sum(row) / len(row) for kind, row in lengths.items()}
    assert abs(means[True] - means[False]) < 0.25 * means[True], means


@pytest.mark.parametrize("words", ANSWERS)
def test_a_passage_without_its_answer_no_longer_holds_it(examples: ModuleType, words: str) -> None:
    start = TEXT.index(words)
    rest = examples.without_answer(TEXT, ((start, start + len(words)),))
    assert rest is None or words not in rest


def test_sentences_cover_every_word_in_order(examples: ModuleType) -> None:
    parts = examples.sentences(TEXT)
    assert all(a < b for a, b in parts)
    assert all(left[1] <= right[0] for left, right in pairwise(parts))
    assert "".join("".join(TEXT[a:b].split()) for a, b in parts) == "".join(TEXT.split())


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 2, (1, 1)), (0, 7, (1, 2)), (4, 5, (2, 2)), (3, 8, None), (20, 22, None)],
)
def test_characters_become_the_tokens_that_cover_them(
    read: ModuleType, start: int, end: int, expected: tuple[int, int] | None
) -> None:
    assert read.token_range([(-1, -1), (0, 3), (4, 7), (-1, -1)], start, end) == expected


@settings(max_examples=60, deadline=None)
@given(question=st.text(max_size=60), seed=st.integers(0, 2**16))
def test_hasty_and_keyword_questions_are_made_of_any_question(
    examples: ModuleType, question: str, seed: int
) -> None:
    rng = random.Random(seed)
    assert isinstance(examples.noise.hasty(question, rng), str)
    assert examples.noise.keywords(question, rng) or not question


@pytest.fixture(scope="module")
def tiny(read: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a tiny random reader as training keeps it."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("runs") / "tiny"
    folder.mkdir()
    pieces = tiny_tokenizer(folder / "tokenizer.json", ["le", "fuites", "maire"])
    read.torch.manual_seed(5)
    config = BertConfig(
        vocab_size=pieces,
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.2,
    )
    read.save(read.Reader(BertModel(config, add_pooling_layer=False)), folder, folder)
    return folder


def lesson(read: ModuleType, examples: ModuleType, folder: Path) -> dict[str, dict[str, object]]:
    """Return a small batch whose pupil and teacher are the same reader."""
    _, tokenizer = read.load(folder)
    batch = [
        examples.Example("maire ?", "le", "fuites, 83 %", ((8, 12),)),
        examples.Example("le ?", "", "le maire a 42 fuites.", ()),
    ]
    encoded = read.encode(tokenizer, [(e.question, e.title, e.text) for e in batch])
    return {
        "pupil": read.inputs(encoded) | read.goals(encoded, batch),
        "teacher0": read.inputs(encoded) | read.places(encoded, encoded),
    }


def test_a_teacher_that_is_the_pupil_says_what_the_pupil_says(
    read: ModuleType, examples: ModuleType, tiny: Path
) -> None:
    model = read.load(tiny, dropout=0.0)[0].eval()
    parts = lesson(read, examples, tiny)
    pupil = parts["pupil"]
    logits, judged = model(pupil["ids"], pupil["mask"], pupil["types"])
    said = read.taught([model], parts, logits.shape[1])
    mine = read.span_scores(logits, pupil["inside"]).exp() * pupil["inside"].unsqueeze(-1)
    assert (said[0] - mine).abs().max() < 1e-5
    assert (said[1] - read.torch.sigmoid(judged)).abs().max() < 1e-5


def test_tokens_of_another_vocabulary_are_laid_where_their_characters_are(read: ModuleType) -> None:
    def encoded(offsets: list[tuple[int, int]]) -> object:
        ids = read.torch.zeros(1, len(offsets), dtype=read.torch.long)
        return read.Encoded(ids, ids, ids, ids > 0, [offsets])

    mine = encoded([(-1, -1), (0, 3), (4, 9), (10, 12)])
    other = encoded([(-1, -1), (-1, -1), (0, 2), (2, 3), (4, 12)])
    found = read.places(mine, other)
    assert found["begins"].tolist() == [[0, 0, 1, 1, 2]]
    assert found["ends"].tolist() == [[0, 0, 1, 1, 3]]


def test_a_pupil_comes_nearer_to_its_goals_and_to_its_teacher(
    read: ModuleType, examples: ModuleType, tiny: Path
) -> None:
    parts = lesson(read, examples, tiny)
    pupil = parts["pupil"]
    teacher = read.load(tiny, dropout=0.0)[0].eval()
    model = read.load(tiny, dropout=0.0, layers=[0, 2])[0]
    assert len(model.body.encoder.layer) == 2
    optim = read.encoder.optimiser(model, 3e-3)
    said = read.taught([teacher], parts, pupil["ids"].shape[1])

    def losses() -> list[object]:
        logits, judged = model(pupil["ids"], pupil["mask"], pupil["types"])
        scores = read.span_scores(logits, pupil["inside"])
        return [*read.loss_of(scores, judged, pupil), read.distance(scores, judged, pupil, said)]

    before = [v.item() for v in losses()]
    for _ in range(60):
        sum(losses()).backward()
        optim.step()
        optim.zero_grad()
    after = [v.item() for v in losses()]
    assert sum(after[:2]) < sum(before[:2])
    assert sum(after) < sum(before)


def test_what_answers_is_told_from_what_does_not_within_its_question(read: ModuleType) -> None:
    torch = read.torch
    goal = {
        "group": torch.tensor([0, 0, 0, 1, 1, 2]),
        "target": torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
        "weight": torch.ones(6),
    }
    judged = torch.tensor([2.0, 1.0, -50.0, 9.0, 9.0, -9.0], requires_grad=True)
    loss = read.among(
        judged, goal
    )  # of the first question alone: the second has no answer, the third no rival
    assert loss.item() == pytest.approx(0.3133, abs=1e-3)
    loss.backward()
    assert judged.grad[0] < 0 < judged.grad[1]
    assert judged.grad[3:].abs().sum() == 0
    goal["weight"][0] = 0.0  # its answer was cut off
    assert read.among(judged, goal).item() == 0.0


def test_other_passages_are_of_the_question_that_they_do_not_answer(
    examples: ModuleType, swaps: ModuleType
) -> None:
    start = TEXT.index("2,4 M€")
    questions = [
        {
            "question": f"Combien de {thing} ?",
            "type": "sms",
            "history": [],
            "passage": "p",
            "answers": [{"text": "2,4 M€", "start": start}],
            "hard": ["hard"],
            "near": ["near"],
        }
        for thing in ("dossiers", "visites", "mois")
    ] * 20
    texts = {"p": TEXT, "hard": "Rien de tel.", "near": "Rien non plus."}
    passages = {name: {"title": name, "text": text} for name, text in texts.items()}
    made = examples.examples(questions, passages, random.Random(4), swaps.Swaps(ASKED_ELSEWHERE))
    assert {one.group for one in made} == set(range(60))
    for one in made:
        assert questions[one.group]["question"].split()[2] in one.question
        assert bool(one.answers) == (one.title != "hard" and one.title != "near" and "2,4 M€" in one.text)
    others = [one.title for one in made if one.title in {"hard", "near"}]
    assert 25 < others.count("hard") < 60
    assert 25 < others.count("near") < 60


def test_the_average_of_weights_that_stay_is_those_weights(read: ModuleType, tiny: Path) -> None:
    model = read.load(tiny, dropout=0.0)[0]
    average = read.encoder.Average(model)
    first = {name: value.clone() for name, value in model.state_dict().items()}
    for _ in range(3):
        average.add(model)
    assert all((value - first[name]).abs().max() < 1e-6 for name, value in average.weights().items())
    with read.torch.no_grad():
        model.lift += 1.0
    average.add(model)
    moved = average.weights()["lift"] - first["lift"]
    assert ((moved > 0) & (moved < 1)).all()
    assert (average.into(model).lift - average.weights()["lift"]).abs().max() < 1e-6


@pytest.fixture(scope="module")
def noise(examples: ModuleType) -> ModuleType:
    """Return the module that writes questions otherwise."""
    found: ModuleType = examples.noise
    return found


def test_words_of_a_question_are_replaced_by_others_near_in_meaning(
    noise: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = {"entreprise": ["société"], "bureau": ["local"], "apprenti": ["stagiaire"], "argent": ["fonds"]}
    monkeypatch.setattr(noise, "synonyms", lambda: near)
    monkeypatch.setattr(noise, "REPLACED", 1.1)
    rng = random.Random(1)
    asked = "Combien d'argent l'entreprise verse-t-elle aux apprentis des bureaux de Lyon ?"
    assert (
        noise.reworded(asked, rng)
        == "Combien de fonds le société verse-t-elle aux stagiaires des locaux de Lyon ?"
    )
    monkeypatch.setattr(noise, "REPLACED", 0.0)
    assert noise.reworded(asked, rng) == asked


def test_without_a_thesaurus_a_question_stays_what_it_is(
    noise: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(noise, "DATA", tmp_path)
    noise.synonyms.cache_clear()
    try:
        assert noise.reworded("Qui dirige l'agence ?", random.Random(1)) == "Qui dirige l'agence ?"
    finally:
        noise.synonyms.cache_clear()


def test_synonyms_kept_are_near_and_no_form_of_the_word(examples: ModuleType, tmp_path: Path) -> None:
    sys.path.insert(0, str(TRAINING))
    try:
        import thesaurus
    finally:
        sys.path.remove(str(TRAINING))
    kept = tmp_path / "thes.dat"
    kept.write_text(
        "UTF-8\namende|2\n(Nom)|contravention|peine pécuniaire|amendes\n(Nom)|astronome\nsans|1\n(Adv)|\n",
        encoding="utf-8",
    )
    from ra_assistant.fitted import MODELS

    found = thesaurus.near_synonyms(kept, thesaurus.WordVectors(MODELS / "words.npz"))
    assert found == {"amende": ["contravention"], "contravention": ["amende"]}


@pytest.fixture(scope="module")
def swaps(examples: ModuleType) -> ModuleType:
    """Return the module that asks about something else."""
    sys.path.insert(0, str(TRAINING))
    try:
        import swaps as made
    finally:
        sys.path.remove(str(TRAINING))
    return made


ASKED_ELSEWHERE = [
    "Combien coûte la patinoire ?",
    "Où se trouve la piscine ?",
    "Que fait la médiathèque de Brest ?",
    "Quand ouvrent les musées ?",
    "Qui tient le registre d'accueil ?",
    "Quel est le prix de la cantine de Nantes ?",
]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**16))
def test_a_question_about_something_else_differs_by_one_word_that_the_passage_lacks(
    swaps: ModuleType, seed: int
) -> None:
    made = swaps.Swaps(ASKED_ELSEWHERE)
    asked = "Quand la cantine de Lyon a-t-elle rouvert ?"
    other = made.swapped(asked, f"Lyon {TEXT}", random.Random(seed))
    assert other is not None
    before, after = asked.split(), other.split()
    ((was, now),) = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert (was, now) in {
        *(("cantine", word) for word in ("patinoire", "piscine", "médiathèque")),
        *(("Lyon", name) for name in ("Brest", "Nantes")),
    }


def test_no_word_of_the_passage_stands_for_another_and_no_verb_is_a_name(swaps: ModuleType) -> None:
    made = swaps.Swaps([f"Quand ouvre la {thing} ?" for thing in ("piscine", "patinoire", "gare")])
    said = f"{TEXT} La piscine et la patinoire sont fermées."
    others = {made.swapped("Quand ouvre la cantine ?", said, random.Random(seed)) for seed in range(40)}
    assert others == {"Quand ouvre la gare ?"}
    question = "Que la cantine coûte-t-elle, et les visites de la durée ?"
    assert {question[a:b] for a, b, _ in swaps.places(question)} == {"cantine", "visites", "durée"}
    assert swaps.places("Comment vous appelle-t-on au coûte-t-il ?") == []


def test_a_synonym_stands_for_no_other(swaps: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    near = {"cantine": ["piscine"]}
    monkeypatch.setattr(swaps.noise, "synonyms", lambda: near)
    made = swaps.Swaps(["Quand ouvre la piscine ?", "Quand ouvre la cuisine ?", "Où est la patinoire ?"])
    asked = {made.swapped("Quand ouvre la cantine ?", TEXT, random.Random(seed)) for seed in range(40)}
    assert "Quand ouvre la piscine ?" not in asked
    monkeypatch.setattr(swaps, "SYNONYMOUS", -1.0)
    assert made.swapped("Quand ouvre la cantine ?", TEXT, random.Random(1)) is None


def test_years_are_replaced_and_what_the_passage_does_not_say_stays(swaps: ModuleType) -> None:
    made = swaps.Swaps(ASKED_ELSEWHERE)
    rng = random.Random(3)
    years = {made.swapped("Combien de jeunes pousses en 2021 ?", TEXT, rng) for _ in range(30)} - {None}
    assert len(years) > 5
    assert all(year[:-6].endswith("en ") and year[-6:-2] not in TEXT for year in years)
    assert made.swapped("Quand ouvre la piscine ?", TEXT, rng) is None


def test_examples_hold_questions_about_something_else_without_an_answer(
    examples: ModuleType, swaps: ModuleType
) -> None:
    start = TEXT.index("2,4 M€")
    question = {
        "question": "Combien d'argent la cantine a-t-elle levé ?",
        "type": "sms",
        "history": [],
        "passage": "p",
        "answers": [{"text": "2,4 M€", "start": start}],
        "hard": [],
    }
    passages = {"p": {"title": "Rapport", "text": TEXT}}
    made = examples.examples([question] * 40, passages, random.Random(2), swaps.Swaps(ASKED_ELSEWHERE))
    elsewhere = [one for one in made if "cantine" not in one.question]
    assert elsewhere
    assert not any(one.answers for one in elsewhere)
    assert all(
        "cantine" in one.question for one in examples.examples([question] * 40, passages, random.Random(2))
    )


def test_a_swapped_question_is_asked_where_no_passage_speaks_of_it(examples: ModuleType) -> None:
    sys.path.insert(0, str(TRAINING))
    try:
        import asking
    finally:
        sys.path.remove(str(TRAINING))
    texts = ("La cantine coûte 4 €.", "La piscine ouvre en mai.", "La patinoire coûte 6 €.")
    documents = [make_document(text, id=f"d{number}") for number, text in enumerate(texts)]
    passages = [
        Passage(f"p{number}", document.id, 0, len(document.text), document.text)
        for number, document in enumerate(documents)
    ]
    desk = asking._Desk("x", SimpleNamespace(answerer=None, documents=documents, passages=passages))
    asked = "Combien coûte la cantine ?"
    assert desk.is_silent("Combien coûte la gare ?", asked, None)
    assert desk.is_silent("Combien coûte la piscine ?", asked, None)
    assert not desk.is_silent("Combien coûte la patinoire ?", asked, None)
    assert desk.is_silent("Combien coûte la patinoire ?", asked, frozenset({documents[0].id}))
    assert not desk.is_silent(asked, asked, None)


def test_questions_in_other_words_are_answered_by_exact_slices() -> None:
    texts = {
        record["id"]: record["texte"]
        for path in sorted((TRAINING / "data_extra").glob("extra-*.jsonl"))
        for record in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    }
    kept = (TRAINING / "data_extra" / "autrement.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [(row["id"], q) for row in map(json.loads, kept) for q in row["questions"]]
    assert len(asked) > 7_000
    for name, question in asked:
        answer = question["reponse"]
        assert (question["type"] == "sans_reponse") == (answer is None)
        assert answer is None or name not in texts or answer in texts[name], (name, question)


@pytest.mark.parametrize(
    "path", sorted((TRAINING / "data_visitors").glob("*.jsonl")), ids=lambda path: path.stem
)
def test_visitors_questions_say_what_is_expected_and_where_and_quote_nothing(path: Path) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) >= 56
    assert 0.2 < sum(not row["answerable"] for row in rows) / len(rows) < 0.3
    for row in rows:
        assert bool(row["answer_contains"]) == row["answerable"], row["id"]
        assert all(group and all(map(str.strip, group)) for group in row["answer_contains"])
        assert not {"quote", "why"} & row.keys()
        if row["answerable"] and "document" in row:
            assert row.get("page", 0) > 0 or row["at"][0] < row["at"][1], row["id"]


def test_one_doubted_word_is_held_against_a_passage_wherever_it_stands(read: ModuleType, tiny: Path) -> None:
    """Adding to the doubt of every token lowers the judgement; what answers is marked as before."""
    model, tokenizer = read.load(tiny, dropout=0.0)
    model.eval()
    encoded = read.encode(
        tokenizer, [("le maire ?", "", "le maire a 42 fuites."), ("le ?", "le", "fuites, 83 %")]
    )
    with read.torch.no_grad():
        spans, judged = model(encoded.ids, encoded.mask, encoded.types)
        model.doubt[2].bias += 4.0
        again, doubted = model(encoded.ids, encoded.mask, encoded.types)
        model.doubt[2].bias -= 4.0
        outside = (encoded.types == 0) & (encoded.mask == 0)
        padded = read.torch.where(outside, 5, encoded.ids)
        _, unchanged = model(padded, encoded.mask, encoded.types)
        model.nearest.weight += 3.0
        _, nearer = model(encoded.ids, encoded.mask, encoded.types)
    assert (spans - again).abs().max() < 1e-6
    assert (judged - doubted > 1.0).all()
    assert (judged - unchanged).abs().max() < 1e-5, "padding is no word of the question"
    assert (judged - nearer).abs().max() > 1e-4, "how near the nearest word is counts"


def test_runs_are_averaged_and_a_head_that_one_has_not_learnt_is_kept(
    read: ModuleType, tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(TRAINING))
    import average
    from safetensors.torch import load_file, save_file

    whole = load_file(tiny / "model.safetensors")
    former = {
        name: weight + 1.0 for name, weight in whole.items() if not name.startswith(("doubt.", "nearest."))
    }
    for name, weights in (("new", whole), ("former", former), ("strange", former | {"other": whole["lift"]})):
        (tmp_path / name).mkdir()
        save_file(weights, tmp_path / name / "model.safetensors")
        for file in ("config.json", "tokenizer.json"):
            (tmp_path / name / file).write_bytes((tiny / file).read_bytes())
    monkeypatch.setattr(average, "RUNS", tmp_path)
    monkeypatch.setattr(sys, "argv", ["average.py", "former", "new", "--out", "both"])
    average.main()
    both = load_file(tmp_path / "both" / "model.safetensors")
    assert both.keys() == whole.keys()
    assert (both["lift"] - whole["lift"] - 0.5).abs().max() < 1e-6
    assert (both["doubt.0.weight"] == whole["doubt.0.weight"]).all()
    monkeypatch.setattr(sys, "argv", ["average.py", "strange", "new", "--out", "none"])
    with pytest.raises(ValueError, match="other"):
        average.main()

"""Answering: adapters stay apart, cached prefixes change nothing, free text ends where it should."""

from __future__ import annotations

import itertools
import json
import re
import unicodedata

import pytest
import torch
from msgspec.structs import replace
from tiny_engine import asked, plain_scores, written_text

from burnish.engine.answer_forms import AnswerForm, usual_form
from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Choice, ModelPlace, Sampling
from burnish.engine.language_model.deciding import AdapterCalibration
from burnish.engine.language_model.decision import Decision
from burnish.engine.language_model.network import LanguageModel
from burnish.engine.language_model.prefix_tree import PrefixTree
from burnish.engine.language_model.trie import without_common_tail
from burnish.engine.model_runner import ModelRunner
from burnish.engine.tunable_model import Cancelled
from burnish.errors import InvalidInput, ModelFailed
from burnish.records import label_of

CHOICE = Choice(name="type", labels=("form", "form_letter", "invoice"))
PAGES = [
    asked("the invoice of last month"),
    asked("Dear Sir"),
    asked(""),
    asked("form " * 400),
    asked("another page about something else", task="Name the kind."),
    Conversation(system="", turns=(Turn(role="user", text="form?"),)),
]


@pytest.fixture
def base(tiny_weights) -> ModelPlace:
    return ModelPlace(weights=tiny_weights)


@pytest.fixture
def tuned(tiny_weights, adapter_folder) -> ModelPlace:
    return ModelPlace(weights=tiny_weights, tuned=adapter_folder("tuned"))


def one_at_a_time(place: ModelPlace, pages=PAGES, choice=CHOICE) -> list[dict[str, float]]:
    """The probabilities of each page's labels from a runner that has seen nothing else."""
    return [ModelRunner().decide(place, [page], choice)[0].probabilities for page in pages]


def assert_same(answers, expected) -> None:
    for answer, probabilities in zip(answers, expected, strict=True):
        assert answer.probabilities == pytest.approx(probabilities, rel=1e-3, abs=1e-6)


def test_probabilities_are_those_of_plain_passes(tiny_model, base):
    candidates = [tiny_model.answer_tokens(usual_form("type").answer(label)) for label in CHOICE.labels]
    for page, answer in zip(PAGES, ModelRunner().decide(base, PAGES, CHOICE), strict=True):
        prompt = tiny_model.prompt_tokens(page)
        scores = [plain_scores(tiny_model, prompt, one) for one in without_common_tail(candidates)]
        expected = torch.tensor(scores).softmax(dim=0).tolist()
        assert list(answer.probabilities.values()) == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_an_answer_names_the_likeliest_label_in_json_that_parses(base):
    for page, answer in zip(PAGES, ModelRunner().decide(base, PAGES, CHOICE), strict=True):
        assert json.loads(answer.text) == {"type": answer.label}
        assert answer.probabilities[answer.label] == max(answer.probabilities.values())
        assert tuple(answer.probabilities) == CHOICE.labels
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert answer.stop_reason == "end_turn"
        assert answer.input_tokens > len(page.turns[0].text) / 10


ODD_LABELS = (
    'a "quoted" \\ label',
    "a|b",
    "{}",
    "a}\n```",
    "Überweisung",
    "請求書",
    "\U0001f9fe",
    "C",
    "C++",
)


def test_labels_of_odd_signs_are_decided_among_and_read_back(base, tuned):
    choice = Choice(name="type", labels=ODD_LABELS)
    for place in (base, tuned):
        (answer,) = ModelRunner().decide(place, PAGES[:1], choice)
        assert tuple(answer.probabilities) == ODD_LABELS
        assert label_of(answer.text) == answer.label
        assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_labels_that_the_tokenizer_does_not_tell_apart_are_refused(base, monkeypatch):
    plainly = LanguageModel.answer_tokens
    composing = lambda model, answer: plainly(model, unicodedata.normalize("NFC", answer))  # noqa: E731
    monkeypatch.setattr(LanguageModel, "answer_tokens", composing)
    labels = ("caf\u00e9", "cafe\u0301", "letter")
    with pytest.raises(InvalidInput, match=r"caf\\xe9.*cafe\\u0301.*are the same text"):
        ModelRunner().decide(base, PAGES[:1], Choice(name="type", labels=labels))


def test_a_prefix_from_the_cache_changes_no_answer(tuned):
    expected = one_at_a_time(tuned)
    runner = ModelRunner()
    for _ in range(2):
        assert_same([runner.decide(tuned, [page], CHOICE)[0] for page in PAGES], expected)
    assert_same(runner.decide(tuned, PAGES, CHOICE), expected)
    assert_same(runner.decide(tuned, PAGES[:3], CHOICE), expected[:3])
    assert_same(runner.decide(tuned, [PAGES[2]], CHOICE), [expected[2]])


def test_questions_that_begin_alike_share_a_prefix_that_is_run_once(base, monkeypatch):
    runs = []
    plainly = PrefixTree.run

    def counted(tree, model, owner, tokens):
        runs.append(len(tokens))
        return plainly(tree, model, owner, tokens)

    monkeypatch.setattr(PrefixTree, "run", counted)
    runner = ModelRunner()
    runner.decide(base, PAGES[:2], CHOICE)
    for page in PAGES[:4]:
        runner.decide(base, [page], CHOICE)
    assert len(runs) == 1
    assert runs[0] >= 16


def test_base_and_tuned_answer_differently_and_neither_disturbs_the_other(base, tuned, adapter_folder):
    other = replace(tuned, tuned=adapter_folder("other", seed=2))
    expected = {place: one_at_a_time(place) for place in (base, tuned, other)}
    for one, another in itertools.combinations((base, tuned, other), 2):
        assert expected[one][0] != pytest.approx(expected[another][0], rel=0.05)

    runner = ModelRunner()
    for place in (base, tuned, base, other, tuned, base, other):
        assert_same(runner.decide(place, PAGES, CHOICE), expected[place])


def test_the_base_is_the_same_after_an_adapter_was_loaded(base, tuned):
    runner = ModelRunner()
    before = runner.decide(base, PAGES, CHOICE)
    text = written_text(runner, base, PAGES[0], Sampling(max_tokens=8))
    runner.load(tuned)
    runner.decide(tuned, PAGES, CHOICE)
    assert_same(runner.decide(base, PAGES, CHOICE), [answer.probabilities for answer in before])
    assert written_text(runner, base, PAGES[0], Sampling(max_tokens=8)) == text


def test_adapters_in_folders_of_the_same_name_are_kept_apart(tuned, adapter_folder):
    places = [replace(tuned, tuned=adapter_folder(f"job-{job}/adapter.v1", seed=job)) for job in (1, 2)]
    expected = [one_at_a_time(place) for place in places]
    runner = ModelRunner()
    for place in places:
        runner.load(place)
    for place, probabilities in zip(places, expected, strict=True):
        assert_same(runner.decide(place, PAGES, CHOICE), probabilities)


def test_a_tuned_model_decides_with_its_own_calibration_and_a_base_without(base, tuned, adapter_folder):
    certain = Decision(calibration=AdapterCalibration(biases={"form_letter": 500.0}))
    calibrated = replace(tuned, tuned=adapter_folder("calibrated", seed=1, decision=certain))
    runner = ModelRunner()
    assert {answer.label for answer in runner.decide(calibrated, PAGES, CHOICE)} == {"form_letter"}
    assert_same(runner.decide(base, PAGES, CHOICE), one_at_a_time(base))
    assert_same(runner.decide(tuned, PAGES, CHOICE), one_at_a_time(tuned))


def test_a_model_that_computes_no_numbers_decides_nothing(base):
    runner = ModelRunner()
    runner.load(base)
    with torch.no_grad():
        runner._models.bases[base.weights]._model.network.get_output_embeddings().weight.fill_(torch.nan)
    with pytest.raises(ModelFailed, match="its weights are damaged"):
        runner.decide(base, PAGES[:1], CHOICE)


def test_a_tuned_model_decides_in_the_form_of_its_training(tuned, adapter_folder):
    form = AnswerForm(name="type", before="It is ", after=".")
    other = replace(tuned, tuned=adapter_folder("other-form", seed=1, decision=Decision(form=form)))
    usual, own = (ModelRunner().decide(place, PAGES[:1], CHOICE)[0] for place in (tuned, other))
    assert own.probabilities != pytest.approx(usual.probabilities, rel=1e-3)
    assert json.loads(own.text) == {"type": own.label}


def test_an_adapter_without_its_decision_is_refused_and_leaves_the_others_in_order(base, adapter_folder):
    folder = adapter_folder("torn")
    kept = (folder / "decision.json").read_bytes()
    (folder / "decision.json").unlink()
    place = replace(base, tuned=folder)
    runner = ModelRunner()
    with pytest.raises(FileNotFoundError):
        runner.load(place)
    assert_same(runner.decide(base, PAGES, CHOICE), one_at_a_time(base))
    (folder / "decision.json").write_bytes(kept)
    assert_same(runner.decide(place, PAGES, CHOICE), one_at_a_time(place))


def test_free_text_is_that_of_a_plain_greedy_loop(tiny_model, base):
    prompt = tiny_model.prompt_tokens(PAGES[0])
    tokens: list[int] = []
    with torch.no_grad():
        for _ in range(12):
            row = torch.tensor([[*prompt, *tokens]], device=tiny_model.device)
            tokens.append(int(tiny_model.network(input_ids=row).logits[0, -1].argmax()))
    assert tiny_model.tokenizer.eos_token_id not in tokens
    runner = ModelRunner()
    runner.decide(base, PAGES[:2], CHOICE)  # leaves a prefix that the text then begins from
    for _ in range(2):
        answer = written_text(runner, base, PAGES[0], Sampling(max_tokens=12))
        assert answer.text == tiny_model.tokenizer.decode(tokens, skip_special_tokens=True)
        assert (answer.input_tokens, answer.output_tokens) == (len(prompt), 12)
        assert answer.stop_reason == "max_tokens"


def test_text_ends_before_a_stop_string_and_says_so(base):
    runner = ModelRunner()
    whole = written_text(runner, base, PAGES[0], Sampling(max_tokens=24)).text
    stop = re.findall("[a-z]{2,}", whole)[0]  # the text of random weights has few whole letters
    answer = written_text(runner, base, PAGES[0], Sampling(max_tokens=24, stop=("never said", stop)))
    assert answer.text == whole[: whole.index(stop)]
    assert answer.stop_reason == "stop_sequence"
    assert answer.output_tokens < 24


def test_text_that_ends_by_itself_says_so(tiny_model, base):
    runner = ModelRunner()
    runner.load(base)
    model = runner._models.bases[base.weights]._model
    first = model.network(torch.tensor([model.prompt_tokens(PAGES[0])])).logits[0, -1].argmax()
    model.tokenizer.eos_token = model.tokenizer.convert_ids_to_tokens(int(first))
    answer = written_text(runner, base, PAGES[0], Sampling(max_tokens=24))
    assert (answer.stop_reason, answer.output_tokens) == ("end_turn", 1)


def test_a_high_temperature_gives_varied_text(base):
    runner = ModelRunner()
    texts = {
        written_text(runner, base, PAGES[0], Sampling(max_tokens=8, temperature=1.5)).text for _ in range(5)
    }
    assert len(texts) > 1
    narrow = Sampling(max_tokens=8, temperature=1.5, top_p=1e-6)
    greedy = written_text(runner, base, PAGES[0], Sampling(max_tokens=8)).text
    assert {written_text(runner, base, PAGES[0], narrow).text for _ in range(3)} == {greedy}


def test_an_input_that_the_model_cannot_see_whole_is_refused(base):
    long = asked("page", task="word " * 5000)
    runner = ModelRunner()
    with pytest.raises(InvalidInput, match=r"it has \d+ tokens, and the model's context is 4096"):
        runner.decide(base, [PAGES[0], long], CHOICE)
    with pytest.raises(InvalidInput, match="Input is too long"):
        written_text(runner, base, long, Sampling())
    assert_same(runner.decide(base, PAGES[:1], CHOICE), one_at_a_time(base, PAGES[:1]))


def test_text_ends_where_the_model_sees_no_further(tiny_model, base):
    around = len(tiny_model.prompt_tokens(asked("", task="")))
    words = "\n" * (tiny_model.context - around - 3)
    answer = written_text(ModelRunner(), base, asked("", task=words), Sampling(max_tokens=50))
    assert answer.input_tokens > tiny_model.context - 10
    assert answer.input_tokens + answer.output_tokens == tiny_model.context
    assert answer.stop_reason == "model_context_window_exceeded"


def test_a_text_that_nobody_waits_for_ends_at_the_next_token(base):
    looks = iter([False, False, True])
    with pytest.raises(Cancelled):
        written_text(
            ModelRunner(), base, PAGES[0], Sampling(max_tokens=1000), is_cancelled=lambda: next(looks)
        )
    assert list(looks) == []

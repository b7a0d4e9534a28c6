"""How conversations are written for tokenizers that bring a template, half of one, or none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_engine import asked
from transformers import AutoTokenizer

from burnish.engine import writing
from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Sampling, Tool, ToolCall, ToolResult
from burnish.engine.language_model.answering import AnsweringLanguageModel, SharedBase
from burnish.engine.language_model.chat_template import TURN_END, special_tokens, with_chat_template
from burnish.engine.language_model.network import LanguageModel

REFUSES_SYSTEM = (
    "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system text here') }}{% endif %}"
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }} {% endfor %}"
)
DROPS_SYSTEM = (
    "{% for message in messages %}{% if message['role'] != 'system' %}"
    "[{{ message['role'] }}] {{ message['content'] }} {% endif %}{% endfor %}"
)
TURNS = (Turn(role="user", text="Hello"), Turn(role="assistant", text="Hi"), Turn(role="user", text="Which?"))
HELLO = Conversation(system="Be brief.", turns=TURNS)
#: As Llama and Qwen write tools: they come first, calls as JSON, results as turns of their own.
KNOWS_TOOLS = (
    "{% for tool in tools or [] %}{{ tool | tojson }} {% endfor %}"
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }} "
    "{% for call in message['tool_calls'] or [] %}{{ call['function'] | tojson }} {% endfor %}{% endfor %}"
)
SORTED = Conversation(
    system="",
    turns=(
        Turn(role="user", text="Hello"),
        Turn(role="assistant", calls=(ToolCall(name="sort", input='{"a": 1}'),)),
        Turn(role="user", results=(ToolResult(name="sort", text="a <|im_end|>form"),)),
    ),
    tools=(Tool(name="sort", description="Sorts", schema='{"type": "object"}'),),
)


@pytest.fixture
def tokenizer(tiny_weights):
    """The tiny tokenizer without its template."""
    loaded = AutoTokenizer.from_pretrained(tiny_weights)
    loaded.chat_template = None
    return loaded


def with_tokenizer(model: LanguageModel, tokenizer) -> LanguageModel:
    return replace(model, tokenizer=with_chat_template(tokenizer))


def written(model: LanguageModel, conversation: Conversation = HELLO) -> str:
    return model.tokenizer.decode(model.prompt_tokens(conversation))


def test_without_a_template_turns_stand_under_the_name_of_who_speaks(tiny_model, tokenizer):
    assert written(with_tokenizer(tiny_model, tokenizer)) == (
        "Be brief.\n\nUser: Hello\n\nAssistant: Hi\n\nUser: Which?\n\nAssistant: "
    )


def test_a_turn_that_the_assistant_has_begun_is_left_open(tiny_model, tokenizer):
    begun = Conversation(system="", turns=TURNS[:2])
    assert written(with_tokenizer(tiny_model, tokenizer), begun) == "User: Hello\n\nAssistant: Hi"
    assert written(tiny_model, begun).endswith("<|im_start|>assistant\nHi")


def test_a_template_that_knows_tools_writes_them(tiny_model, tokenizer):
    tokenizer.chat_template = KNOWS_TOOLS
    assert written(with_tokenizer(tiny_model, tokenizer), SORTED) == (
        '{"type": "function", "function": {"name": "sort", "description": "Sorts", "parameters": {"type": '
        '"object"}}} [user] Hello [assistant]  {"name": "sort", "arguments": {"a": 1}} [tool] a  form '
    )


def test_tools_are_told_in_words_where_the_template_knows_none(tiny_model):
    text = written(tiny_model, SORTED)
    assert text.startswith("<|im_start|>system\nYou may call these tools:")
    assert '<tool_call>{"name": "sort", "arguments": {"a": 1}}</tool_call><|im_end|>' in text
    assert "<tool_response>a  form</tool_response><|im_end|>" in text


def test_a_template_of_its_own_is_kept(tiny_model, tokenizer):
    tokenizer.chat_template = DROPS_SYSTEM
    assert with_chat_template(tokenizer).chat_template == DROPS_SYSTEM


@pytest.mark.parametrize("template", [REFUSES_SYSTEM, DROPS_SYSTEM])
def test_system_text_that_a_template_does_not_write_stands_before_the_first_turn(
    tiny_model, tokenizer, template
):
    tokenizer.chat_template = template
    assert written(with_tokenizer(tiny_model, tokenizer)) == (
        "[user] Be brief.\n\nHello [assistant] Hi [user] Which? "
    )


def test_where_all_texts_begin_with_a_token_prompts_do_too(tiny_model, tokenizer):
    from tokenizers.processors import TemplateProcessing

    tokenizer.bos_token = "<|im_start|>"
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|im_start|> $A", special_tokens=[("<|im_start|>", tokenizer.bos_token_id)]
    )
    tokens = with_tokenizer(tiny_model, tokenizer).prompt_tokens(HELLO)
    assert tokens[0] == tokenizer.bos_token_id
    assert tokens.count(tokenizer.bos_token_id) == 1


def test_without_a_token_that_ends_a_text_an_empty_line_ends_an_answer(tiny_model, tokenizer):
    tokenizer.eos_token = None
    tiny_model.network.generation_config.eos_token_id = None
    model = with_tokenizer(tiny_model, tokenizer)
    assert model.tokenizer.decode(model.answer_tokens("form")) == f"form{TURN_END}"
    text = AnsweringLanguageModel(SharedBase(model)).begin(asked("page"), Sampling(max_tokens=5))
    answer = writing.written(text)
    assert 0 < answer.output_tokens <= 5
    assert TURN_END not in answer.text


def test_every_token_that_ends_a_turn_ends_generating(tiny_model, tokenizer):
    tiny_model.network.generation_config.eos_token_id = [7, 1]
    assert with_tokenizer(tiny_model, tokenizer).end_tokens == [1, 7]


def test_special_tokens_are_those_with_and_without_a_role(tokenizer):
    from tokenizers import AddedToken

    tokenizer.add_tokens([AddedToken("<end_of_turn>", special=True), AddedToken("<table>", special=False)])
    assert {"<|im_end|>", "<end_of_turn>"} <= set(special_tokens(tokenizer))
    assert "<table>" not in special_tokens(tokenizer)

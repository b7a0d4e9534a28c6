"""What several folders of tests share, each made once and only when a test asks for it.

A real S3 server, and a language model so small that it trains and answers in no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from burnish.aws import objects
from burnish.aws.clients import Client, Clients, open_clients
from burnish.aws.clients import Credentials as Key
from burnish.aws.objects import S3Uri
from burnish.server.credentials import Credentials
from burnish.server.objects import start_object_store

ACCOUNT = "123456789012"
_numbers = count()


@pytest.fixture(scope="session")
def object_store_clients(tmp_path_factory) -> Iterator[Clients]:
    """Clients of a real S3 server. Only ``s3`` is answered there."""
    key = Credentials(account_id=ACCOUNT, access_key="AKIA" + "T" * 16, secret_key="t" * 40)
    store = start_object_store(tmp_path_factory.mktemp("object-store"), key)
    yield open_clients(
        region="us-east-1",
        endpoint_url=store.endpoint,
        credentials=Key(access_key_id=key.access_key, secret_access_key=key.secret_key),
    )
    store.stop()


@pytest.fixture(scope="session")
def s3(object_store_clients) -> Client:
    """A client of a real S3 server."""
    return object_store_clients.s3


@pytest.fixture(scope="session")
def bucket(s3) -> str:
    """A bucket that the tests share; `s3_folder` is a test's own place in it."""
    objects.ensure_bucket(s3, "shared-by-tests", region="us-east-1")
    return "shared-by-tests"


@pytest.fixture
def s3_folder(bucket) -> S3Uri:
    """An empty folder in S3, of this test alone."""
    return S3Uri(bucket, f"test-{next(_numbers)}")


#: The chat template of SmolLM2, without its system text.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

#: What the tiny tokenizer learns its few merges from.
TINY_CORPUS = (
    'system user assistant The text of the page: ```json {"type": "form"} ``` form form_letter letter',
    "Dear Sir, the invoice of last month is due. Choose the type of the document: invoice, letter, form.",
)


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """A folder with a small Llama of random weights and its tokenizer, in Hugging Face's layout."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("weights") / "tiny-llama"
    tokenizer = _tiny_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=4096,
        initializer_range=0.2,  # wide enough for the tied head to be sure of a token
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
        pad_token_id=None,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tiny_tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=384,
        special_tokens=["<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TINY_CORPUS * 4, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        chat_template=CHAT_TEMPLATE,
    )

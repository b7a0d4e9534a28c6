import pytest
from example_records import check_records, eight, good, lines, plain

from burnish.checking import check_dataset, raise_for
from burnish.errors import InvalidRecords
from burnish.families import family_named, family_of

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules
HAIKU = "anthropic.claude-3-haiku-20240307-v1:0:200k"
OPEN_WEIGHTS = family_named("open_weights").tuning("local.any-v1:0").rules


def problems_with(change) -> list[str]:
    """The problems when the fourth of eight good records is changed."""
    records = eight()
    change(records[3])
    return [str(problem) for problem in check_records(lines(*records), rules=NOVA, where="train.jsonl")]


def add_turn(record):
    record["messages"].append({"role": "user", "content": [{"text": "and?"}]})


def swap(record):
    record["messages"].reverse()


def set_uri(uri):
    def change(record):
        record["messages"][0]["content"][1]["image"]["source"]["s3Location"]["uri"] = uri

    return change


def test_labels_that_look_alike_are_warned_of():
    records = [plain(number, ("Invoice", "invoice", "letter")[number % 3]) for number in range(9)]
    (found,) = check_records(lines(*records), rules=NOVA, where="train.jsonl")
    assert found.is_warning
    assert "'Invoice' and 'invoice' differ only in case" in str(found)


def test_labels_that_look_alike_are_found_across_the_parts():
    train, validation = ([plain(number, label)] for number, label in enumerate(("Invoice", "invoice")))
    problems = check_dataset(lines(*train), lines(*validation), rules=NOVA)
    assert any("'Invoice' and 'invoice' differ only in case" in str(one) for one in problems)


def image_of(record):
    return record["messages"][0]["content"][1]["image"]


def test_a_good_set_has_no_problems():
    assert check_records(lines(*eight()), rules=NOVA, where="train") == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda record: record.update(schemaVersion="2023"), "schemaVersion is '2023'"),
        (lambda record: record.update(schemaVersion=3), "schemaVersion"),
        (add_turn, "must alternate, the assistant last"),
        (swap, "must alternate"),
        (lambda record: record.update(messages=[]), "no messages"),
        (lambda record: record["messages"][0].update(role="system"), "the turns are system, assistant"),
        (lambda record: record["messages"][0].update(content=[]), "has no content"),
        (lambda record: record["messages"][0].update(content="text"), "messages[0].content is str"),
        (lambda record: record.update(messages={"0": {"role": "user"}}), "messages is dict"),
        (lambda record: record["messages"][0].update(role=["user"]), "the turns are ['user'], assistant"),
        (lambda record: record.update(sytem=record.pop("system")), "does not know: 'sytem'"),
        (lambda record: record["messages"][1].update(weight=2), "messages[1] has members"),
        (lambda record: record["system"][0].update(cachePoint={}), "system[0] has members"),
        (lambda record: record["messages"][0]["content"].append({"txt": "a"}), "holds 'txt'"),
        (lambda record: record["messages"][0]["content"].append({"audio": {}}), "holds 'audio'"),
        (lambda record: image_of(record).update(fromat="png"), "does not know: 'fromat'"),
        (lambda record: image_of(record)["source"].update(bytes="x"), "source has members"),
        (lambda record: image_of(record).update(format=3), "format is 3"),
        (lambda record: image_of(record).update(format=10**300), "format is 1000"),
        (set_uri(5), "uri is 5"),
        (set_uri(None), "uri is None"),
        (lambda record: record["messages"][1]["content"][0].update(text="  "), "is empty"),
        (lambda record: record["messages"][1]["content"].append({}), "a block holds one of text, image"),
        (
            lambda record: record["messages"][1]["content"].append(good(1)["messages"][0]["content"][1]),
            "only the user's",
        ),
        (lambda record: record["messages"][0]["content"][1]["image"].update(format="tiff"), "tiff"),
        (set_uri("s3://bucket/a page.png"), "not an S3 URI that Bedrock accepts"),
        (set_uri("s3://bucket/dt=1/a.png"), "not an S3 URI that Bedrock accepts"),
        (set_uri("https://bucket/a.png"), "not an S3 URI that Bedrock accepts"),
        (
            lambda record: record["messages"][0]["content"].extend(
                [good(3)["messages"][0]["content"][1]] * 10
            ),
            "11 images",
        ),
        (lambda record: record["system"][0].update(text="User: classify"), "'User:'"),
        (lambda record: record["messages"][0]["content"][0].update(text="see <image>"), "'<image>'"),
    ],
)
def test_each_rule_names_the_file_the_line_and_what_is_wrong(change, says):
    problems = problems_with(change)
    assert problems
    assert problems[0].startswith("train.jsonl, line 4: ")
    assert says in problems[0]


def test_a_bucket_owner_is_twelve_digits():
    def change(record):
        record["messages"][0]["content"][1]["image"]["source"]["s3Location"]["bucketOwner"] = "me"

    assert "twelve digits" in problems_with(change)[0]


@pytest.mark.parametrize(
    ("place", "word", "says"),
    [
        (("system", 0), "SYSTEM: sort", "the text holds 'System:'"),
        (("messages", 0, "content", 0), "the user: Smith", "the text holds 'User:'"),
        (("messages", 1, "content", 0), "Thought: a letterhead", "the answer holds 'Thought:'"),
        (("messages", 1, "content", 0), "ends with [eos]", "the answer holds '[EOS]'"),
    ],
)
@pytest.mark.parametrize("of", [good, plain])
def test_reserved_words_belong_to_the_family_and_count_in_questions_and_answers(place, word, says, of):
    records = [of(number) for number in range(8)]
    block = records[3]
    for name in place:
        block = block[name]
    block["text"] = word
    (problem,) = check_records(lines(*records), rules=NOVA, where="train")
    assert problem.line == 4
    assert says in problem.text
    assert check_records(lines(*records), rules=OPEN_WEIGHTS, where="train") == []


def test_claude_reserves_the_beginnings_of_turns():
    rules = family_of(HAIKU).tuning(HAIKU).rules
    turns = [{"role": "user", "content": "a\n\nHuman: b"}, {"role": "assistant", "content": "Human: c"}]
    said = [problem.text for problem in check_records(lines({"messages": turns}), rules=rules, where="f")]
    assert [text for text in said if "reserved by" in text] == [
        r"the text holds '\nHuman:', which is reserved by the model: rephrase it"
    ]


def test_a_line_that_is_not_json_is_a_problem_and_the_others_are_still_checked():
    problems = check_records([*lines(*eight()), b"{oops\n", b"[]\n"], rules=NOVA, where="train")
    assert [problem.line for problem in problems] == [9, 10]


@pytest.mark.parametrize(("count", "says"), [(0, "no records"), (7, "at least 8"), (8, None)])
def test_a_set_has_enough_records(count, says):
    problems = check_records(lines(*eight()[:count]), rules=NOVA, where="train")
    assert [says in str(problem) for problem in problems] == ([True] if says else [])


def test_train_and_validation_share_no_page_and_no_more_than_the_limit():
    problems = check_dataset(lines(*eight()), lines(good(100), good(3)), rules=NOVA)
    (problem,) = problems
    assert str(problem).startswith("validation, line 2: its page is also in train, line 4")
    many = lines(*[good(1000)]) * 19_995
    assert any("20003 records" in str(one) for one in check_dataset(lines(*eight()), many, rules=NOVA))


@pytest.mark.parametrize(
    ("model", "count", "says"),
    [
        ("amazon.nova-2-lite-v1:0:256k", 1, "takes no validation data"),
        ("anthropic.claude-3-haiku-20240307-v1:0:200k", 31, "at least 32 are needed"),
        ("meta.llama3-2-11b-instruct-v1:0:128k", 1001, "at most 1000 can be used: set aside fewer"),
    ],
)
def test_validation_records_are_counted_as_each_model_wants(model, count, says):
    train = lines(*[good(number) for number in range(200)])
    validation = lines(*[good(number) for number in range(1000, 1000 + count)])
    problems = check_dataset(train, validation, rules=family_of(model).tuning(model).rules)
    assert any(problem.where == "validation" and says in problem.text for problem in problems)


def test_a_model_that_does_not_see_takes_no_images():
    rules = family_named("nova").tuning("amazon.nova-micro-v1:0:128k").rules
    problems = check_records(lines(*eight()), rules=rules, where="train")
    assert all("no image can be used" in problem.text for problem in problems)
    assert len(problems) == 8


def test_an_empty_validation_set_is_a_problem():
    assert "no records" in str(check_dataset(lines(*eight()), [], rules=NOVA)[0])


def test_all_problems_are_raised_as_one_error_which_stays_short():
    with pytest.raises(InvalidRecords, match="and 80 more") as caught:
        raise_for(check_records([b"{}\n"] * 50, rules=NOVA, where="train"))
    assert str(caught.value).count("\n  - train, line ") == 20
    raise_for([])


def test_a_message_is_kept_as_short_as_it_must_be_and_counts_what_it_leaves_out():
    problems = check_records([b"{}\n"] * 50, rules=NOVA, where="s3://bucket/" + "long/" * 30)
    with pytest.raises(InvalidRecords) as caught:
        raise_for(problems, longest=2048)
    said = str(caught.value)
    assert len(said) <= 2048
    assert said.endswith(f"and {100 - said.count(', line ')} more")

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visuosyn.errors import UserError
from visuosyn.microworld.world import words
from visuosyn.microworld.world.scenes import vocabulary
from visuosyn.studies.adjectives.design import Template, design_table, each_prompt, prompts_of, read_templates


def test_the_built_in_templates_are_sayings_of_the_microworld():
    prompts = list(each_prompt(read_templates()))
    assert len({prompt.caption.id for prompt in prompts}) == len(prompts)
    assert set(" ".join(prompt.caption.text for prompt in prompts).split()) <= set(vocabulary())
    said = {pair for prompt in prompts for pair in zip(prompt.adjectives, prompt.nouns, strict=False)}
    assert said <= set(words.adjective_pairs())
    assert not said & words.held_out()
    assert not {tuple(sorted(prompt.asked)) for prompt in prompts} & words.held_out()
    single = [template for template in read_templates() if len(template.nouns) == 1]
    assert len(single) >= 12
    assert all(len(template.adjectives) == 4 for template in single)


def test_prompts_by_hand():
    one = Template("t01", "An {} [apple] and a [cat]", ("old", "red"), "umbrella")
    assert [p.caption.text for p in prompts_of(one)] == [
        *("An old apple and a cat", "A red apple and a cat", "An apple and a cat", "An old umbrella and a cat")
    ]
    assert [p.role for p in prompts_of(one)] == ["adjective", "adjective", "none", "noun"]
    two = Template("t02", "a {} [ball] in an {} [hat]", ("red", "blue", "odd", "big"))
    assert [p.caption.text for p in prompts_of(two)] == [
        *(
            "a red ball in a blue hat",
            "a blue ball in a red hat",
            "an odd ball in a big hat",
            "a big ball in an odd hat",
        )
    ]
    assert [p.caption.id for p in prompts_of(two)][:2] == ["t02-red-blue", "t02-blue-red"]


@pytest.mark.parametrize(
    ("noun", "text"),
    [("unicorn", "a unicorn"), ("umbrella", "an umbrella"), ("European", "a European"), ("hat", "a hat")],
)
def test_articles(noun, text):
    assert prompts_of(Template("t", f"a {{}} [{noun}]", ("red", "blue")))[-1].caption.text == text


WORDS = st.text("abcdeou", min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=4, max_size=4, unique=True), st.sampled_from(["a", "an", "the", "some a"]))
def test_spans_are_where_the_words_are(names, article):
    red, blue, ball, cat = names
    template = Template("t", f"{article} {{}} [{ball}] near a [{cat}]", (red, blue))
    for prompt in prompts_of(template):
        text = prompt.caption.text
        assert "  " not in text
        assert [text[start:end] for start, end in prompt.adjective_spans] == list(prompt.adjectives)
        assert [text[start:end] for start, end in prompt.noun_spans] == list(prompt.nouns)
        assert text.endswith(cat)


def test_the_table_of_a_design():
    table = design_table([Template("t01", "a {} [ball] and a [cat]", ("red", "blue"))])
    assert table.iloc[0].to_dict() == {
        "caption_id": "t01-red", "template": "t01", "number": 0, "scene": "a {} ball and a cat", "role": "adjective",
        "text": "a red ball and a cat", "adjectives": "red", "nouns": "ball", "others": "cat", "adjective_spans": "2-5",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("adjectives\nred|blue\n", ":1: no column template;"),
        ("template,adjectives\n", "holds no template"),
        ("template,adjectives\na [ball],red|blue\n", ":2: .* has 0 places"),
        ("template,adjectives\na {} [b] {} [c] {} [d],red|blue\n", "has 3 places"),
        ("template,adjectives\na {} ball,red|blue\n", "needs a noun in brackets after each place"),
        ("template,adjectives\na {} [ball] {} hat,red|blue\n", "needs a noun in brackets after each place"),
        ("template,adjectives\na {} [ball] and a [ball],red|blue\n", "empty or stands twice"),
        ("template,adjectives\na {} [ball] and a [],red|blue\n", "empty or stands twice"),
        ("template,adjectives\na {} [ball],red\n", "at least two adjectives"),
        ("template,adjectives\na {} [ball],red|\n", "at least two adjectives"),
        ("template,adjectives\na {} [ball],red|red\n", "has an adjective twice"),
        ("template,adjectives\na {} [ball] {} [hat],red|blue|green\n", "even number"),
        ("template,adjectives,swap\na {} [ball],red|blue,ball\n", "one of its own nouns"),
        ("template,adjectives\na {} [ball],red|blue\na  {} [ball],red|blue\n", ":3: .* stood before"),
    ],
)
def test_faults(tmp_path, text, told):
    path = tmp_path / "templates.csv"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        read_templates(path)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv is not there: name a file of templates"):
        read_templates(tmp_path / "none.csv")

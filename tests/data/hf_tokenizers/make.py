#!/usr/bin/env python3
"""Makes the small tokenizer.json files of this folder and the ids that PyPI `tokenizers` gives: cases.json.

make.py  (needs `pip install tokenizers`)
"""
import json
import pathlib

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

HERE = pathlib.Path(__file__).parent
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
TEXT = ["The keeper of the lamp isn't here; he'll come at 10:45, they've said, with 1234 letters.",
        "    for (int i = 0; i < 100; ++i) {\n\t\treturn table[i];\n    }\n\n", "Über die Brücke, caf\u00e9, \u4f60\u597d \u4e16\u754c",
        "the the the there then other another bother mother letters letter better"] * 8
CASES = ["", " ", "the other letters", "  two  spaces   ", "isn't IT'S they've THEY'LL", "1234567 12 \u0663\u0664 \u00bd\u2167",
         "line\r\nend\r\r lone\n\n\n  x", "e\u0301 caf\u00e9 \ufb01 \u1100\u1161\u11a8 \u212b", "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd",
         "\u4f60\u597d\uff0c\u4e16\u754c\u3000x", "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0627\u0645", "a\0b\0", " " * 200 + "x" + "\t" * 70,
         "<|end|> is text here", "\u00a0\u2003\u2028\u0085\ufeffz", "x = {'a': [1, 2.50e-3]}  # note\n", "z" * 100]


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


KINDS = {
    "gpt2": (None, pre_tokenizers.ByteLevel(add_prefix_space=False), False),
    "llama3": (None, split(LLAMA3), True),
    "qwen2": (normalizers.NFC(), split(QWEN2), False),
    "smollm": (None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                              pre_tokenizers.ByteLevel(add_prefix_space=False)]), False),
}


def make(name, normalizer, pre_tokenizer, ignore_merges):
    tokenizer = Tokenizer(models.BPE())
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(TEXT, trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    tokenizer = json.loads(tokenizer.to_str())
    tokenizer["model"]["ignore_merges"] = ignore_merges
    if ignore_merges:  # a word that no merge reaches
        tokenizer["model"]["vocab"]["zzyzx"] = len(tokenizer["model"]["vocab"])
    if name == "gpt2":  # the older form of merges
        tokenizer["model"]["merges"] = [" ".join(pair) for pair in tokenizer["model"]["merges"]]
    # Ids come from a copy without the added token: texts never hold it as such.
    oracle = Tokenizer.from_str(json.dumps(tokenizer))
    end = len(tokenizer["model"]["vocab"])
    tokenizer["added_tokens"] = [dict(id=end, content="<|end|>", single_word=False, lstrip=False, rstrip=False,
                                      normalized=False, special=True)]
    (HERE / f"{name}.json").write_text(json.dumps(tokenizer, ensure_ascii=True) + "\n")
    return [oracle.encode(text, add_special_tokens=False).ids for text in CASES + ["zzyzx"]]


def main():
    ids = {name: make(name, *kind) for name, kind in KINDS.items()}
    cases = [dict(text=text, **{name: ids[name][i] for name in KINDS}) for i, text in enumerate(CASES + ["zzyzx"])]
    (HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()

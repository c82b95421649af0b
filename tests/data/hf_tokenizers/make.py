#!/usr/bin/env python3
"""Makes the small tokenizer.json files of this folder and the ids that PyPI `tokenizers` gives: cases.json.

make.py  (needs `pip install tokenizers`)
"""
import json
import pathlib

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
ENDINGS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+" + ENDINGS
         + r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*" + ENDINGS
         + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
MARK = "\u2581"
TEXT = ["The keeper of the lamp isn't here; he'll come at 10:45, they've said, with 1234 letters.",
        "    for (int i = 0; i < 100; ++i) {\n\t\treturn table[i];\n    }\n\n", "Über die Brücke, caf\u00e9, \u4f60\u597d \u4e16\u754c",
        "the the the there then other another bother mother letters letter better"] * 8
CASES = ["", " ", "the other letters", "  two  spaces   ", "isn't IT'S they've THEY'LL", "1234567 12 \u0663\u0664 \u00bd\u2167",
         "line\r\nend\r\r lone\n\n\n  x", "e\u0301 caf\u00e9 \ufb01 \u1100\u1161\u11a8 \u212b", "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd",
         "\u4f60\u597d\uff0c\u4e16\u754c\u3000x", "\u05e9\u05dc\u05d5\u05dd \u0627\u0644\u0633\u0644\u0627\u0645", "a\0b\0", " " * 40 + "x" + "\t" * 20,
         "<|end|> is text here", "\u00a0\u2003\u2028\u0085\ufeffz", "x = {'a': [1, 2.50e-3]}  # note\n", "z" * 100, MARK + "the" + MARK * 3 + " " + MARK,
         "<s>the</s><unk> <0x0A> <table></table>", "the-other--letter -x- -", "e\u0301\u0327 o\u0308\u0304x\u0323\u0307 \uac00\u11a8", "zzyzx"]


def split(pattern):
    return pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(pattern), "isolated"),
                                    pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def behaviors():
    """Every behavior of Split, one after the other."""
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split("-", "removed"), pre_tokenizers.Split(Regex(r"[.,;]+"), "merged_with_previous"),
        pre_tokenizers.Split(Regex(r" "), "merged_with_next"), pre_tokenizers.Split(Regex(r"[aeiou]"), "contiguous"),
        pre_tokenizers.Split(Regex(r"[A-Z]\w+"), "isolated", invert=True), pre_tokenizers.Split(Regex(r"(?=\d)"), "isolated"),
        pre_tokenizers.Split(Regex(r"x*"), "merged_with_previous"), pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


BLANKS = normalizers.Replace(" ", MARK)
# name: normalizer and pre_tokenizer of byte-level files.
BYTE_LEVEL = {
    "gpt2": (None, pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "roberta": (None, pre_tokenizers.ByteLevel(add_prefix_space=True)),
    "llama3": (None, split(LLAMA3)),
    "qwen2": (normalizers.NFC(), split(QWEN2)),
    "gpt_oss": (None, split(O200K)),
    "gpt_neox": (normalizers.NFC(), pre_tokenizers.ByteLevel(add_prefix_space=False)),
    "smollm": (None, pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                              pre_tokenizers.ByteLevel(add_prefix_space=False)])),
    "behaviors": (None, behaviors()),
}
# name: normalizer, pre_tokenizer and decoder of files with byte_fallback.
STRIPPED = decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
FALLBACK = {
    "llama2": (normalizers.Sequence([normalizers.Prepend(MARK), BLANKS]), None, STRIPPED),
    "mistral": (None, pre_tokenizers.Metaspace(MARK, prepend_scheme="first", split=False), STRIPPED),
    "metaspace": (None, pre_tokenizers.Sequence([pre_tokenizers.Metaspace(MARK, prepend_scheme="always", split=True),
                                                 pre_tokenizers.Digits(individual_digits=True)]), decoders.Metaspace()),
    "gemma": (BLANKS, pre_tokenizers.Split(" ", "merged_with_previous"),
              decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()])),
    "phrases": (BLANKS, None, decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()])),
}
# Tokens that are recognised in texts: content, and whether after normalization.
RECOGNISED = {"gpt_neox": [("  ", True), ("   ", True), (" " * 8, True), ("e\u0301\u0301", True)],
              "mistral": [("<table>", False)], "metaspace": [("<table>", False)], "llama2": [("<table>", True)],
              "gemma": [("\n\n", False), ("\n\n\n", False), ("<table>", False), ("\t\t", False)]}


def added(content, index, special, normalized):
    return dict(id=index, content=content, single_word=False, lstrip=False, rstrip=False, normalized=normalized, special=special)


def byte_level(name, texts, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    normalizer, tokenizer.pre_tokenizer = BYTE_LEVEL[name]
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocabulary, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    made = json.loads(tokenizer.to_str())
    if name == "llama3":
        made["model"]["ignore_merges"] = True
        made["model"]["vocab"]["zzyzx"] = len(made["model"]["vocab"])  # a word that no merge reaches
    if name == "gpt2":  # the older form of merges, without a type
        made["model"]["merges"] = [" ".join(pair) for pair in made["model"]["merges"]]
        del made["model"]["type"]
    return made


def fallback(name, texts, vocabulary):
    tokenizer = Tokenizer(models.BPE())
    normalizer, pre_tokenizer, tokenizer.decoder = FALLBACK[name]
    if name == "phrases":
        tokenizer.normalizer = normalizer
        texts = [line for text in texts for line in text.split("\n")]
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(MARK, prepend_scheme="always", split=True)
    first = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=vocabulary, limit_alphabet=60, special_tokens=first, max_token_length=16, show_progress=False))
    tokenizer.normalizer = normalizer if normalizer is not None else normalizers.Sequence([])
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    made = json.loads(tokenizer.to_str())
    if normalizer is None:
        made["normalizer"] = None
    if pre_tokenizer is None:
        made["pre_tokenizer"] = None
    made["model"].update(byte_fallback=True, fuse_unk=True, unk_token="<unk>")
    made["added_tokens"] = [added(token, i, True, False) for i, token in enumerate(first[:3])]
    return made


def make(name, texts, vocabulary):
    """The tokenizer.json of one style, trained on texts."""
    made = (byte_level if name in BYTE_LEVEL else fallback)(name, texts, vocabulary)
    contents = [(content, False, normalized) for content, normalized in RECOGNISED.get(name, [])] + [("<|end|>", True, False)]
    for content, special, normalized in contents:
        end = max([*made["model"]["vocab"].values(), *(token["id"] for token in made["added_tokens"])]) + 1
        made["added_tokens"].append(added(content, made["model"]["vocab"].get(content, end), special, normalized))
    if name == "llama3":
        made["post_processor"] = json.loads(processors.Sequence([
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(single="<|end|> $A", special_tokens=[("<|end|>", end)])]).__getstate__())
    return made


def oracle(made):
    """Ids as transformers asks for them when a corpus is encoded: special tokens in a text are plain text."""
    tokenizer = Tokenizer.from_str(json.dumps(made))
    tokenizer.encode_special_tokens = True
    return lambda texts: [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]


NAMES = [*BYTE_LEVEL, *FALLBACK]


def main():
    ids = {}
    for name in NAMES:
        made = make(name, TEXT, 340 if name in BYTE_LEVEL else 400)
        (HERE / f"{name}.json").write_text(json.dumps(made, ensure_ascii=True) + "\n")
        ids[name] = oracle(made)(CASES)
    cases = [dict(text=text, **{name: ids[name][i] for name in NAMES}) for i, text in enumerate(CASES)]
    (HERE / "cases.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()

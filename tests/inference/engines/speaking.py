"""Texts, biases and the model's own words, for the tests of the slot engine."""

TEXTS = ["Hi", "the quick brown fox " * 6, "What is the capital of France?", "你好,世界 😀", "jumps over " * 40, "x"]


NO_HALF_CHARACTERS = dict.fromkeys(range(97, 259), -100.0)  # the bytes that are no ASCII


NO_END_NOR_HALVES = {2: -100.0, **NO_HALF_CHARACTERS}


NO_END = {2: -100.0}  # a bias on the end token: the answer runs to its limit


def generated(model, tokenizer, text: str, *, num_tokens: int) -> str:
    """What transformers itself answers, greedily."""
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": text}], add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    output = model.generate(**prompt, max_new_tokens=num_tokens, do_sample=False)
    return str(tokenizer.decode(output[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True))

"""Writes the Modelfile with which Ollama takes the GGUF file: a topic that is typed is asked as it was in training."""

from __future__ import annotations

from ownvoice.export.licences import licence_of
from ownvoice.export.material import Material
from ownvoice.models.prompt_format import format_prompt
from ownvoice.records.run import RunRecord

TOPIC = "ownvoice-topic-goes-here"
EXAMPLE = "The bus that never came"
HEAD = """\
# ollama create {name} -f Modelfile
# ollama run {name} "The bus that never came"
"""


def modelfile(material: Material) -> str:
    """The prompt with the topic left open, the run's decoding, and the licence's notice."""
    record = material.tuned.record
    settings = parameters(record) + [f"PARAMETER stop {_quoted(end)}" for end in material.ends if end.strip()]
    lines = [
        HEAD.format(name=material.name),
        f"FROM ./{material.gguf}",
        f'TEMPLATE """{prompt_template(material)}"""',
        *settings,
    ]
    if notice := licence_of(material.tuned.info.licence).notice:
        lines.append(f'LICENSE """{notice}"""')
    return "\n".join(lines) + "\n"


def prompt_template(material: Material) -> str:
    """In Go's template language; what the GGUF file puts first by itself is left out."""
    prompt_format = material.tuned.reading.prompt_format
    prompt = format_prompt(prompt_format, material.tuned.record.config.prompt.instruction, TOPIC)
    before, _, after = prompt.partition(TOPIC)
    if material.adds_bos:
        before = before.removeprefix(prompt_format.bos)
    return f"{_literal(before)}{{{{ .Prompt }}}}{_literal(after)}"


def prompt_file(material: Material) -> str:
    """A prompt as the model was taught, for a program that puts the first token in by itself where the GGUF file says so."""
    prompt_format = material.tuned.reading.prompt_format
    prompt = format_prompt(prompt_format, material.tuned.record.config.prompt.instruction, EXAMPLE)
    return prompt.removeprefix(prompt_format.bos) if material.adds_bos else prompt


def parameters(record: RunRecord) -> list[str]:
    """The run's decoding, and none of Ollama's own: it would punish words that come again."""
    decoding = record.config.decoding
    values = {
        "temperature": decoding.temperature,
        "top_k": decoding.top_k,
        "top_p": decoding.top_p,
        "min_p": 0.0,
        "repeat_penalty": 1.0,
        "seed": decoding.seed,
        "num_predict": decoding.max_new_tokens,
    }
    return [f"PARAMETER {name} {value}" for name, value in values.items()]


def _literal(text: str) -> str:
    """Text that Go's templates and the quotes of a Modelfile pass on as it is: a model's chat template may hold anything."""
    quotes = text.replace('"""', '{{ "\\x22" }}' * 3)
    parts = quotes.split('{{ "\\x22" }}')
    return '{{ "\\x22" }}'.join(part.replace("{{", '{{ "{{" }}') for part in parts)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'

"""A table of greetings. Change what is declared here, build, and run it again."""

from dataclasses import dataclass

from lance_host import Params, TableSchema, declare_table_target, pipeline


@dataclass
class Greeting:
    """A row. Each field is a column."""

    language: str
    text: str


GREETINGS = TableSchema.from_class(Greeting, primary_key=["language"])


@pipeline
def run(params: Params) -> None:
    """Declares the rows that should exist; the host makes the table match."""
    table = declare_table_target("greetings", GREETINGS)
    for greeting in greetings(params.get("name", "world")):
        table.declare_row(greeting)


def greetings(name: str) -> list[Greeting]:
    """The rows for somebody of this name."""
    words = {"en": "Hello", "fr": "Bonjour", "sw": "Habari"}
    return [Greeting(language, f"{word}, {name}!") for language, word in words.items()]

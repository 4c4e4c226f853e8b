"""Tables, as Markdown has them."""


def aligned(cells: list[list[str]]) -> str:
    """Rows of cells, of which the first are the heads and the second what is between."""
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
        for row in cells
    )

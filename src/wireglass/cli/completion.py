"""``wireglass completion``"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_WHERE = {
    "bash": "~/.local/share/bash-completion/completions/wireglass",
    "zsh": "a folder of your $fpath, as _wireglass",
    "fish": "~/.config/fish/completions/wireglass.fish",
}


@click.command(
    epilog="""\b
Examples:
  wireglass completion bash > ~/.local/share/bash-completion/completions/wireglass
  wireglass completion zsh > ~/.zfunc/_wireglass      with ~/.zfunc in $fpath before compinit
  wireglass completion fish > ~/.config/fish/completions/wireglass.fish"""
)
@click.argument("shell", type=click.Choice(list(_WHERE)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print a script that lets your shell complete commands and flags."""
    complete = get_completion_class(shell)
    assert complete is not None
    root = context.find_root()
    script = complete(root.command, {}, "wireglass", "_WIREGLASS_COMPLETE")
    # Not source(): that runs bash to learn its version, which is the reader's business, not ours.
    click.echo(script.source_template % script.source_vars())

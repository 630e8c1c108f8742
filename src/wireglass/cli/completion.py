"""``wireglass completion``"""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

_WHERE = {
    "bash": "~/.local/share/bash-completion/completions/wireglass",
    "zsh": "a folder of your $fpath, as _wireglass",
    "fish": "~/.config/fish/completions/wireglass.fish",
}

_BASH_END = "    return 0\n"
_NO_SPACE = """\
    # Behind a field comes its value.
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]]; then
        compopt -o nospace
    fi

"""


@click.command(
    short_help="Print a script that completes commands in your shell.",
    epilog="""\b
Examples:
  wireglass completion bash > ~/.local/share/bash-completion/completions/wireglass
  wireglass completion zsh > ~/.zfunc/_wireglass      with ~/.zfunc in $fpath before compinit
  wireglass completion fish > ~/.config/fish/completions/wireglass.fish""",
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
    template = script.source_template
    if shell == "bash":
        assert template.count(_BASH_END) == 1
        template = template.replace(_BASH_END, _NO_SPACE + _BASH_END)
    click.echo(template % script.source_vars())

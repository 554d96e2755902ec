"""The command that prints what makes a shell complete hani's commands, and how the shells are answered."""

import os

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from jobs.cli import COMPLETE, cli

# bash parts what is typed at : = and @ too, and replaces only what is behind the last of them: so it tells the whole line.
_BASH = """\
%(complete_func)s() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case $type in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain)
                case $value in *" "*) compopt -o filenames ;; esac
                COMPREPLY+=("$value") ;;
        esac
    done < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""
BREAKS = {":": 1, "=": 1, "@": 0}  # what is left standing: up to these and with them; an @ it takes back


class Bash(BashComplete):
    """bash, whatever characters it parts words at."""

    source_template = _BASH
    kept = ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being typed, and that one."""
        # A letter more shows whether the last word has ended, also within quotation marks.
        *typed, incomplete = split_arg_string(os.environ.get("COMP_LINE", "") + "_")
        incomplete = incomplete[:-1]
        breaks = os.environ.get("COMP_WORDBREAKS", "")
        ends = (incomplete.rfind(mark) + keeps for mark, keeps in BREAKS.items() if mark in breaks)
        self.kept = incomplete[: max([0, *ends])]
        return typed[1:], incomplete

    def format_completion(self, item: CompletionItem[str]) -> str:
        """A choice, without what bash leaves standing on the line."""
        return f"{item.type},{item.value.removeprefix(self.kept)}"


class Fish(FishComplete):
    """fish, whose script of click's takes a comma for the end of what is said of a choice."""

    def format_completion(self, item: CompletionItem[str]) -> str:
        """A choice and what is said of it."""
        about = item.help.replace(",", ";") if item.help else None
        return super().format_completion(CompletionItem(item.value, item.type, about))


SHELLS: dict[str, type[ShellComplete]] = {"bash": Bash, "zsh": ZshComplete, "fish": Fish}
for shell in SHELLS.values():
    add_completion_class(shell)


@click.command()
@click.argument("shell", type=click.Choice(list(SHELLS)))
def completion(shell: str) -> None:
    """Print the script that makes SHELL complete hani's commands, options, article numbers, versions and sections.

    What is completed from the archive is read from the one that the line names (--db, HANI_DB, hani.toml).

    \b
    Example:
        eval "$(hani completion bash)"      # in ~/.bashrc
        eval "$(hani completion zsh)"       # in ~/.zshrc, below compinit
        hani completion fish > ~/.config/fish/completions/hani.fish
    """
    # Not `source()`: of bash that would start one and complain where there is none.
    click.echo(ShellComplete.source(SHELLS[shell](cli, {}, "hani", COMPLETE)).rstrip("\n"))

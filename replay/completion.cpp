#include <algorithm>
#include <map>

#include "replay/arguments.h"
#include "replay/command_line.h"
#include "replay/fact_json.h"

namespace bw::replay {
namespace {

struct Choice {
  std::vector<std::string> names;  // "-o", "--output"
  std::string what;
  bool takes_value = false;
  std::vector<std::string> values;
  bool path = false;
};

struct Node {
  std::string name;
  std::string what;
  std::vector<Choice> options;
  std::vector<std::string> words;  // that a positional may be
};

// The values that an option may take, where they are few.
std::vector<std::string> values_of(const std::string& name) {
  if (name == "--output") return {"table", "json", "csv"};
  if (name == "--kind") return fact_kinds();
  if (name == "--from" || name == "--to" || name == "--at" || name == "INSTANT") return {"start", "end"};
  if (name == "SHELL") return {"bash", "zsh", "fish"};
  return {};
}

Node node_of(const CLI::App& app) {
  Node node{app.get_name(), app.get_description(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      node.words = values_of(option->get_name());
      continue;
    }
    Choice choice;
    for (const std::string& name : option->get_snames()) choice.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) choice.names.push_back("--" + name);
    choice.what = option->get_description();
    choice.takes_value = option->get_items_expected_max() > 0;
    choice.values = values_of(choice.names.back());
    choice.path = choice.names.back() == "--journal" || choice.names.back() == "--anchors" ||
                  choice.names.back() == "--token-file";
    node.options.push_back(std::move(choice));
  }
  return node;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

// In single quotes, which all three shells read alike but for a quote in them.
std::string quoted(std::string text) {
  std::replace(text.begin(), text.end(), '\'', '"');
  return "'" + text + "'";
}

std::string bash_values(const Node& node) {
  std::string script;
  for (const Choice& option : node.options) {
    if (!option.takes_value) continue;
    std::string names;
    for (const std::string& name : option.names) names += (names.empty() ? "" : "|") + name;
    script += "    " + names + ") ";
    script += option.path ? "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))"
                          : "COMPREPLY=($(compgen -W " + quoted(joined(option.values)) + " -- \"$cur\"))";
    script += "; return ;;\n";
  }
  return script;
}

std::string bash_script(const Node& top, const std::vector<Node>& commands) {
  const auto names = [](const Node& node) {
    std::vector<std::string> all;
    for (const Choice& option : node.options) all.insert(all.end(), option.names.begin(), option.names.end());
    return all;
  };
  std::vector<std::string> command_names;
  command_names.reserve(commands.size());
  for (const Node& command : commands) command_names.push_back(command.name);
  std::string script =
      "_bwreplay() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command='' word words\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case $word in " +
      [&] {
        std::string pattern;
        for (const std::string& name : command_names) pattern += (pattern.empty() ? "" : "|") + name;
        return pattern;
      }() +
      ") command=$word; break ;; esac\n"
      "  done\n"
      "  case $prev in\n" +
      bash_values(top);
  // An option of a command has one meaning in all of them, so its values need not know the command.
  std::map<std::string, std::string> by_option;
  for (const Node& command : commands) {
    for (const Choice& option : command.options)
      by_option.emplace(option.names.back(), bash_values({{}, {}, {option}, {}}));
  }
  for (const auto& [name, line] : by_option) script += line;
  script += "  esac\n  case $command in\n";
  for (const Node& command : commands) {
    std::vector<std::string> words = names(command);
    for (const std::string& name : names(top)) words.push_back(name);
    script += "    " + command.name + ") [[ $cur == -* ]] && words=" + quoted(joined(words)) +
              " || words=" + quoted(joined(command.words.empty() ? words : command.words)) + " ;;\n";
  }
  std::vector<std::string> words = command_names;
  for (const std::string& name : names(top)) words.push_back(name);
  script += "    *) words=" + quoted(joined(words)) +
            " ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -F _bwreplay bwreplay\n";
  return script;
}

std::string zsh_option(const Choice& option) {
  std::string script;
  for (const std::string& name : option.names) {
    std::string what = option.what;
    std::erase_if(what, [](char c) { return c == '[' || c == ']' || c == ':'; });
    std::string spec = name + "[" + what + "]";
    if (option.path) spec += ":path:_files";
    if (option.takes_value && !option.path) spec += ":value:(" + joined(option.values) + ")";
    script += " \\\n        " + quoted(spec);
  }
  return script;
}

std::string zsh_script(const Node& top, const std::vector<Node>& commands) {
  std::string script = "#compdef bwreplay\n_bwreplay() {\n  local context state line\n  _arguments -C";
  for (const Choice& option : top.options) script += zsh_option(option);
  script +=
      " \\\n        '1:command:->command' '*::argument:->argument'\n  case $state in\n    command)\n"
      "      local -a commands=(\n";
  for (const Node& command : commands) script += "        " + quoted(command.name + ":" + command.what) + "\n";
  script += "      )\n      _describe command commands ;;\n    argument)\n      case ${line[1]} in\n";
  for (const Node& command : commands) {
    script += "        " + command.name + ") _arguments";
    for (const Choice& option : command.options) script += zsh_option(option);
    for (const Choice& option : top.options) script += zsh_option(option);
    if (!command.words.empty()) script += " \\\n        " + quoted("1:value:(" + joined(command.words) + ")");
    script += " ;;\n";
  }
  script +=
      "      esac ;;\n  esac\n}\n"
      "if [[ ${funcstack[1]} == _bwreplay ]]; then _bwreplay \"$@\"; else compdef _bwreplay bwreplay; fi\n";
  return script;
}

std::string fish_option(const std::string& condition, const Choice& option) {
  std::string script = "complete -c bwreplay" + condition;
  for (const std::string& name : option.names) {
    script += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value) script += option.path ? " -r -F" : " -x";
  if (!option.values.empty()) script += " -a " + quoted(joined(option.values));
  return script + " -d " + quoted(option.what) + "\n";
}

std::string fish_script(const Node& top, const std::vector<Node>& commands) {
  std::string script = "complete -c bwreplay -f\n";
  for (const Choice& option : top.options) script += fish_option("", option);
  for (const Node& command : commands) {
    script += "complete -c bwreplay -n __fish_use_subcommand -a " + command.name + " -d " + quoted(command.what) + "\n";
    const std::string condition = " -n " + quoted("__fish_seen_subcommand_from " + command.name);
    for (const Choice& option : command.options) script += fish_option(condition, option);
    if (!command.words.empty()) {
      script += "complete -c bwreplay" + condition + " -a " + quoted(joined(command.words)) + "\n";
    }
  }
  return script;
}

}  // namespace

std::string completion_script(const std::string& shell) {
  CLI::App app("", "bwreplay");
  Arguments arguments;
  describe(app, arguments);
  const Node top = node_of(app);
  std::vector<Node> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    commands.push_back(node_of(*command));
  }
  if (shell == "bash") return bash_script(top, commands);
  if (shell == "zsh") return zsh_script(top, commands);
  return fish_script(top, commands);
}

}  // namespace bw::replay

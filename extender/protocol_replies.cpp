#include "extender/json_text.h"
#include "extender/protocol.h"

namespace bw {

void write_filter_result(const OfferedNodes& offered, std::span<const std::uint32_t> kept,
                         std::span<const NodeRefusal> refused, std::string& out) {
  out = offered.as_objects ? R"({"Nodes":{"metadata":{},"items":[)" : R"({"Nodes":null,"NodeNames":[)";
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += ',';
    if (offered.as_objects) {
      out += offered.objects[kept[i]];
    } else {
      append_json_string(out, offered.names[kept[i]]);
    }
  }
  out += offered.as_objects ? R"(]},"NodeNames":null)" : "]";
  out += R"(,"FailedNodes":null,"FailedAndUnresolvableNodes":)";
  out += refused.empty() ? "null" : "{";
  for (std::size_t i = 0; i < refused.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, offered.names[refused[i].node]);
    out += ':';
    append_json_string(out, refused[i].reason);
  }
  if (!refused.empty()) out += '}';
  out += R"(,"Error":""})";
}

void write_filter_error(std::string_view error, std::string& out) {
  out = R"({"Nodes":null,"NodeNames":null,"FailedNodes":null,"FailedAndUnresolvableNodes":null,"Error":)";
  append_json_string(out, error);
  out += '}';
}

void write_priorities(std::span<const std::string_view> names, std::span<const std::int64_t> scores, std::string& out) {
  check(names.size() == scores.size(), "a prioritize reply needs one score for each node");
  out = '[';
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += i == 0 ? R"({"Host":)" : R"(,{"Host":)";
    append_json_string(out, names[i]);
    out += R"(,"Score":)";
    append_json_number(out, scores[i]);
    out += '}';
  }
  out += ']';
}

void write_binding_result(std::string_view error, std::string& out) {
  out = R"({"Error":)";
  append_json_string(out, error);
  out += '}';
}

void write_preemption_result(std::span<const OfferedVictims> nodes, std::string& out) {
  out = R"({"NodeNameToMetaVictims":{)";
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, nodes[i].node);
    out += R"(:{"Pods":[)";
    for (std::size_t pod = 0; pod < nodes[i].pod_uids.size(); ++pod) {
      out += pod == 0 ? R"({"UID":)" : R"(,{"UID":)";
      append_json_string(out, nodes[i].pod_uids[pod]);
      out += '}';
    }
    out += R"(],"NumPDBViolations":)";
    append_json_number(out, nodes[i].pdb_violations);
    out += '}';
  }
  out += "}}";
}

}  // namespace bw

#include "extender/protocol.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "extender/http.h"

namespace bw {

namespace ondemand = simdjson::ondemand;
using simdjson::simdjson_error;
using std::string_view;

static_assert(kBodyPadding >= simdjson::SIMDJSON_PADDING);

namespace {

// Go matches keys without regard to case.
bool is_key(string_view key, string_view wanted) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return key.size() == wanted.size() &&
         std::equal(key.begin(), key.end(), wanted.begin(), [&](char a, char b) { return lower(a) == lower(b); });
}

string_view trimmed(string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

string_view read_text(ondemand::value value) { return value.is_null() ? string_view() : value.get_string().value(); }

// Names come as bare tokens of the body: those without escapes, which is all that Kubernetes allows, are not copied.
string_view read_name(ondemand::value value) {
  const string_view token = trimmed(value.raw_json_token());
  if (token.size() < 2 || token.front() != '"') throw simdjson_error(simdjson::INCORRECT_TYPE);
  const string_view inside = token.substr(1, token.size() - 2);
  if (inside.find('\\') != string_view::npos) return value.get_string();
  return inside;
}

ResourceVersion read_resource_version(ondemand::value value) {
  const string_view digits = read_text(value);
  ResourceVersion version = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), version);
  if (digits.empty()) return 0;
  if (error != std::errc() || end != digits.data() + digits.size()) throw simdjson_error(simdjson::NUMBER_ERROR);
  return version;
}

// One pass over one body. simdjson's errors travel as exceptions no farther than read().
struct BodyReader {
  ondemand::parser parser;
  ondemand::document document;
  string_view place;  // what is being read, for messages

  // Calls read_field(key, value) for each field of the object that `body` is.
  template <class ReadField>
  Result<void> read(string_view type, std::string& body, ReadField read_field);

  // A Pod or Node; all empty if null.
  CalledPod read_object(ondemand::value value);
};

template <class ReadField>
Result<void> BodyReader::read(string_view type, std::string& body, ReadField read_field) {
  body.reserve(body.size() + kBodyPadding);
  place = "";
  std::optional<std::ptrdiff_t> offset;
  try {
    document = parser.iterate(body);
    offset = 0;
    for (ondemand::field field : document.get_object()) {
      const string_view key = field.unescaped_key();
      read_field(key, field.value());
      place = "";
    }
    const char* rest = nullptr;
    if (document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS) return {};
    throw simdjson_error(simdjson::TRAILING_CONTENT);
  } catch (const simdjson_error& error) {
    std::string message = "malformed " + std::string(type);
    if (!place.empty()) message += " in " + std::string(place);
    const char* location = nullptr;
    if (offset && !document.current_location().get(location)) offset = location - body.data();
    if (offset) message += " at byte " + std::to_string(*offset);
    return Error{ErrorCode::kInvalid, message + ": " + error.what()};
  }
}

CalledPod BodyReader::read_object(ondemand::value value) {
  CalledPod object;
  if (value.is_null()) return object;
  const char* const begin = value.raw_json_token().data();
  for (ondemand::field field : value.get_object()) {
    if (!is_key(field.unescaped_key(), "metadata")) continue;
    ondemand::value metadata = field.value();
    if (metadata.is_null()) continue;
    for (ondemand::field entry : metadata.get_object()) {
      const string_view key = entry.unescaped_key();
      if (is_key(key, "name")) {
        object.name = read_text(entry.value());
      } else if (is_key(key, "namespace")) {
        object.space = read_text(entry.value());
      } else if (is_key(key, "uid")) {
        object.uid = read_text(entry.value());
      } else if (is_key(key, "resourceVersion")) {
        object.resource_version = read_resource_version(entry.value());
      }
    }
  }
  const char* const end = document.current_location();  // the token behind the object
  object.json = trimmed({begin, static_cast<std::size_t>(end - begin)});
  return object;
}

Error missing(string_view type, string_view what) {
  return {ErrorCode::kInvalid, "malformed " + std::string(type) + ": " + std::string(what) + " is missing"};
}

Result<void> require_pod(string_view type, const CalledPod& pod) {
  if (pod.json.empty()) return missing(type, "Pod");
  if (pod.uid.empty()) return missing(type, "Pod.metadata.uid");
  if (pod.space.empty()) return missing(type, "Pod.metadata.namespace");
  if (pod.name.empty()) return missing(type, "Pod.metadata.name");
  return {};
}

}  // namespace

struct ExtenderArgs::Reader : BodyReader {
  std::vector<string_view> names;  // of NodeNames
  std::optional<OfferedNodes> objects;
  bool has_names = false;

  void read_names(ondemand::value value);
  void read_nodes(ondemand::value value);
};

void ExtenderArgs::Reader::read_names(ondemand::value value) {
  place = "NodeNames";
  names.clear();
  has_names = !value.is_null();
  if (!has_names) return;
  for (ondemand::value name : value.get_array()) names.push_back(read_name(name));
}

void ExtenderArgs::Reader::read_nodes(ondemand::value value) {
  place = "Nodes";
  objects.reset();
  if (value.is_null()) return;
  objects.emplace().as_objects = true;
  for (ondemand::field field : value.get_object()) {
    if (!is_key(field.unescaped_key(), "items")) continue;
    place = "Nodes.items";
    ondemand::value items = field.value();
    if (items.is_null()) continue;
    for (ondemand::value item : items.get_array()) {
      const CalledPod node = read_object(item);
      if (node.name.empty()) throw simdjson_error(simdjson::NO_SUCH_FIELD);
      objects->names.push_back(node.name);
      objects->objects.push_back(node.json);
    }
  }
}

ExtenderArgs::ExtenderArgs() : reader_(std::make_unique<Reader>()) {}

ExtenderArgs::~ExtenderArgs() = default;

Result<void> ExtenderArgs::parse(std::string& body) {
  constexpr string_view kType = "ExtenderArgs";
  Reader& reader = *reader_;
  std::swap(reader.names, nodes_.names);  // the capacity of the last call
  reader.names.clear();
  reader.has_names = false;
  reader.objects.reset();
  nodes_ = {};
  pod_ = {};

  CalledPod pod;
  Result<void> parsed = reader.read(kType, body, [&](string_view key, ondemand::value value) {
    if (is_key(key, "Pod")) {
      reader.place = "Pod";
      pod = reader.read_object(value);
    } else if (is_key(key, "NodeNames")) {
      reader.read_names(value);
    } else if (is_key(key, "Nodes")) {
      reader.read_nodes(value);
    }
  });
  if (parsed) parsed = require_pod(kType, pod);
  if (!parsed) return parsed;
  pod_ = pod;
  if (reader.has_names || !reader.objects) {
    nodes_.names.swap(reader.names);
  } else {
    nodes_ = std::move(*reader.objects);
  }
  return {};
}

Result<BindingArgs> parse_binding_args(std::string& body) {
  constexpr string_view kType = "ExtenderBindingArgs";
  BindingArgs args;
  const std::pair<string_view, std::string*> fields[] = {
      {"PodName", &args.pod.name}, {"PodNamespace", &args.pod.space}, {"PodUID", &args.pod.uid}, {"Node", &args.node}};
  BodyReader reader;
  const Result<void> parsed = reader.read(kType, body, [&](string_view key, ondemand::value value) {
    for (const auto& [name, text] : fields) {
      if (!is_key(key, name)) continue;
      reader.place = name;
      *text = read_text(value);
    }
  });
  if (!parsed) return parsed.error();
  for (const auto& [name, text] : fields) {
    if (text->empty()) return missing(kType, name);
  }
  return args;
}

namespace {

// `{"Pods":[...],"NumPDBViolations":0}`, where `meta` pods are `{"UID":"..."}` and others whole Pods.
OfferedVictims read_victims(BodyReader& reader, string_view node, ondemand::value value, bool meta) {
  OfferedVictims victims{std::string(node), {}, 0};
  if (value.is_null()) return victims;
  for (ondemand::field field : value.get_object()) {
    const string_view key = field.unescaped_key();
    if (is_key(key, "NumPDBViolations")) {
      victims.pdb_violations = field.value().get_int64();
    } else if (is_key(key, "Pods")) {
      victims.pod_uids.clear();
      ondemand::value pods = field.value();
      if (pods.is_null()) continue;
      for (ondemand::value pod : pods.get_array()) {
        string_view uid;
        if (!meta) {
          uid = reader.read_object(pod).uid;
        } else {
          for (ondemand::field entry : pod.get_object()) {
            if (is_key(entry.unescaped_key(), "UID")) uid = read_text(entry.value());
          }
        }
        if (uid.empty()) throw simdjson_error(simdjson::NO_SUCH_FIELD);
        victims.pod_uids.emplace_back(uid);
      }
    }
  }
  return victims;
}

}  // namespace

Result<PreemptionArgs> parse_preemption_args(std::string& body) {
  constexpr string_view kType = "ExtenderPreemptionArgs";
  CalledPod pod;
  std::optional<std::vector<OfferedVictims>> by_meta, by_pod;
  BodyReader reader;
  Result<void> parsed = reader.read(kType, body, [&](string_view key, ondemand::value value) {
    const bool meta = is_key(key, "NodeNameToMetaVictims");
    if (is_key(key, "Pod")) {
      reader.place = "Pod";
      pod = reader.read_object(value);
    } else if (meta || is_key(key, "NodeNameToVictims")) {
      reader.place = meta ? "NodeNameToMetaVictims" : "NodeNameToVictims";
      auto& nodes = meta ? by_meta : by_pod;
      nodes.reset();
      if (value.is_null()) return;
      nodes.emplace();
      for (ondemand::field field : value.get_object()) {
        const string_view node = field.unescaped_key();
        nodes->push_back(read_victims(reader, node, field.value(), meta));
      }
    }
  });
  if (parsed) parsed = require_pod(kType, pod);
  if (!parsed) return parsed.error();

  PreemptionArgs args{{std::string(pod.space), std::string(pod.name), std::string(pod.uid)}, {}};
  if (by_meta) {
    args.nodes = std::move(*by_meta);
  } else if (by_pod) {
    args.nodes = std::move(*by_pod);
  }
  return args;
}

}  // namespace bw

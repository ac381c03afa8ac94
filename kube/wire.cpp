#include "kube/wire.h"

#include <charconv>

#include <nlohmann/json.hpp>

#include "json_fields.h"
#include "utf8.h"

namespace bw {
namespace {

namespace ondemand = simdjson::ondemand;

// Raw text of an object that stands inside another; the view of simdjson reaches up to the next token.
std::optional<std::string_view> raw_object(ondemand::object& object) {
  std::string_view raw;
  if (object.raw_json().get(raw)) return std::nullopt;
  const std::size_t end = raw.find_last_of('}');
  if (end == std::string_view::npos) return std::nullopt;
  return raw.substr(0, end + 1);
}

void read_items(JsonFields& fields, JsonValue list, ListPage& page) {
  fields.each_element(list, "items", [&](JsonValue item) {
    ondemand::object object;
    if (item.get_object().get(object)) return fields.fail("items", "holds something that is not an object");
    const std::optional<std::string_view> raw = raw_object(object);
    if (!raw) return fields.fail("items", "holds an object that does not end");
    page.items.push_back(*raw);
  });
}

// metadata.resourceVersion, found without reading the rest; metadata stands before what is large. 0: there is none.
// Nothing: this is no JSON, and the parser has given up; it must not be asked for more.
std::optional<ResourceVersion> version_of(ondemand::object& object) {
  std::string_view text;
  const simdjson::error_code error = object["metadata"]["resourceVersion"].get_string().get(text);
  if (error == simdjson::NO_SUCH_FIELD || error == simdjson::INCORRECT_TYPE) return 0;
  if (error) return std::nullopt;
  return parse_resource_version(text).value_or(0);
}

std::optional<WatchLine::Type> type_of(std::string_view name) {
  if (name == "ADDED") return WatchLine::Type::kAdded;
  if (name == "MODIFIED") return WatchLine::Type::kModified;
  if (name == "DELETED") return WatchLine::Type::kDeleted;
  if (name == "BOOKMARK") return WatchLine::Type::kBookmark;
  if (name == "ERROR") return WatchLine::Type::kError;
  return std::nullopt;
}

std::string beginning(std::string_view body) {
  std::string text = cut_utf8(body, 200);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// A string field, or "" where there is none.
std::string text_field(const nlohmann::json& object, const char* key) {
  const auto field = object.find(key);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

void read_details(const nlohmann::json& details, ApiStatus& status) {
  const auto seconds = details.find("retryAfterSeconds");
  if (seconds != details.end() && seconds->is_number_integer() && *seconds > 0) {
    status.retry_after_s = seconds->get<std::int64_t>();
  }
  const auto causes = details.find("causes");
  if (causes == details.end() || !causes->is_array()) return;
  for (const nlohmann::json& cause : *causes) {
    if (cause.is_object() && text_field(cause, "reason") == "ResourceVersionTooLarge") status.version_too_large = true;
  }
}

}  // namespace

std::optional<ResourceVersion> parse_resource_version(std::string_view text) {
  ResourceVersion version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc{} || end != text.data() + text.size() || version == 0) return std::nullopt;
  return version;
}

struct EnvelopeReader::Parser {
  JsonDocument json;
};

EnvelopeReader::EnvelopeReader() : parser_(std::make_unique<Parser>()) {}
EnvelopeReader::~EnvelopeReader() = default;
EnvelopeReader::EnvelopeReader(EnvelopeReader&&) noexcept = default;
EnvelopeReader& EnvelopeReader::operator=(EnvelopeReader&&) noexcept = default;

Result<ListPage> EnvelopeReader::read_list(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
  JsonFields fields;
  ListPage page;
  std::string_view version;
  if (const auto error = parser_->json.parse_in_place(simdjson::padded_string_view(body))) {
    fields.fail("it", simdjson::error_message(error));
  } else {
    fields.each_field(parser_->json.document(), [&](std::string_view key, JsonValue value) {
      if (key == "items") return read_items(fields, value, page);
      if (key != "metadata") return;
      fields.each_field(value, "metadata", [&](std::string_view name, JsonValue field) {
        if (name == "resourceVersion") version = fields.text(field, "metadata.resourceVersion");
        if (name == "continue") page.continue_token = fields.text(field, "metadata.continue");
      });
    });
  }
  const std::optional<ResourceVersion> number = parse_resource_version(version);
  if (!number) fields.fail("metadata.resourceVersion", "is missing or not a decimal number");
  if (!fields.ok()) return Error{ErrorCode::kInvalid, "the list cannot be read: " + fields.problem()};
  page.resource_version = *number;
  return page;
}

Result<WatchLine> EnvelopeReader::read_watch_line(std::string_view line) {
  JsonFields fields;
  WatchLine result;
  std::optional<WatchLine::Type> type;
  if (const auto error = parser_->json.parse(line)) {
    fields.fail("it", simdjson::error_message(error));
  } else {
    fields.each_field(parser_->json.document(), [&](std::string_view key, JsonValue value) {
      if (key == "type") type = type_of(fields.text(value, "type"));
      if (key != "object") return;
      ondemand::object object;
      if (value.get_object().get(object)) return fields.fail("object", "is not an object");
      const std::optional<ResourceVersion> version = version_of(object);
      if (!version) return fields.fail("object", "is not JSON");
      result.resource_version = *version;
      if (object.reset().error()) return fields.fail("object", "cannot be read twice");
      const std::optional<std::string_view> raw = raw_object(object);
      if (!raw) return fields.fail("object", "does not end");
      result.object = line.substr(parser_->json.offset_of(*raw), raw->size());
    });
  }
  if (!type) fields.fail("type", "is missing or unknown");
  if (result.object.empty()) fields.fail("object", "is missing");
  if (!fields.ok()) {
    return Error{ErrorCode::kInvalid,
                 "a line of the watch cannot be read: " + fields.problem() + ": " + beginning(line)};
  }
  result.type = *type;
  return result;
}

ApiStatus read_status(int http_status, std::string_view body) {
  ApiStatus status;
  status.code = http_status;
  const nlohmann::json parsed = nlohmann::json::parse(body, nullptr, false);
  if (parsed.is_object() && text_field(parsed, "kind") == "Status") {
    status.reason = text_field(parsed, "reason");
    status.message = text_field(parsed, "message");
    const auto code = parsed.find("code");
    if (status.code == 0 && code != parsed.end() && code->is_number_integer()) status.code = code->get<int>();
    const auto details = parsed.find("details");
    if (details != parsed.end() && details->is_object()) read_details(*details, status);
    // Older servers say it in the message only.
    if (status.message.find("Too large resource version") != std::string::npos) status.version_too_large = true;
  } else {
    status.message = beginning(body);
  }
  if (status.message.empty()) status.message = "HTTP status " + std::to_string(status.code) + " without a message";
  return status;
}

}  // namespace bw

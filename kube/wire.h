// The JSON around objects: pages of a list, lines of a watch, and the Status of an error. Objects themselves stay raw
// text for kube/observe.h. Shapes: Kubernetes API conventions, "Efficient detection of changes".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/result.h"
#include "journal/types.h"

namespace bw {

// Decimal digits that fit in 64 bits and are not 0 (KEP-5504), or nothing.
std::optional<ResourceVersion> parse_resource_version(std::string_view text);

struct ListPage {
  ResourceVersion resource_version = 0;
  std::string continue_token;           // "": this is the last page
  std::vector<std::string_view> items;  // raw JSON objects
};

struct WatchLine {
  enum class Type : std::uint8_t { kAdded, kModified, kDeleted, kBookmark, kError };
  Type type = Type::kError;
  std::string_view object;               // raw JSON
  ResourceVersion resource_version = 0;  // of the object; 0: missing or not readable
};

// Reads envelopes with one parser and its buffers. One thread at a time.
class EnvelopeReader {
 public:
  EnvelopeReader();
  ~EnvelopeReader();
  EnvelopeReader(EnvelopeReader&&) noexcept;
  EnvelopeReader& operator=(EnvelopeReader&&) noexcept;

  // The items are views into `body`, which gets some spare capacity and otherwise stays as it is.
  Result<ListPage> read_list(std::string& body);

  // The object is a view into `line`.
  Result<WatchLine> read_watch_line(std::string_view line);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

// What an answer that is no success says.
struct ApiStatus {
  int code = 0;
  std::string reason;                         // "Expired", "Conflict", ...; "" where the body is no Status
  std::string message;                        // of the Status, else the beginning of the body, else the HTTP code
  std::optional<std::int64_t> retry_after_s;  // details.retryAfterSeconds
  bool version_too_large = false;             // the server has not yet reached the resourceVersion that was asked for
};

// From the body of an answer with the HTTP code `status`, or from the object of an ERROR line (with `status` 0: the
// code is the one it names).
ApiStatus read_status(int status, std::string_view body);

}  // namespace bw

// JSON of one object to what the core keeps of it. Pure: the same text gives the same value. What cannot be read is
// an UnreadableSeen with one sentence, never an exception and never half an object.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/result.h"
#include "projections/observation.h"

namespace bw {

// What tells whether an object is news.
struct ObjectKey {
  std::string uid;
  ResourceVersion resource_version = 0;
  bool operator==(const ObjectKey&) const = default;
};

// Reads objects with one parser and its buffers. One thread at a time.
class ObjectReader {
 public:
  // `level_labels`: the labels of the policy's topology levels, innermost first; NodeSeen::level_values has their
  // values in this order.
  explicit ObjectReader(std::vector<std::string> level_labels = {});
  ~ObjectReader();
  ObjectReader(ObjectReader&&) noexcept;
  ObjectReader& operator=(ObjectReader&&) noexcept;

  // An object of `stream`: a PodSeen for kPods, and so on. apiVersion and kind are not looked at; lists leave them
  // out. Metadata is enough for kNamespaces, kReplicaSets and kDaemonSets. A pod may also be the one of an extender
  // call. Requests of all dialects are read, whatever the policy lists.
  ObjectSeen observe(Stream stream, std::string_view json);

  // Only metadata.uid and metadata.resourceVersion, without reading what follows them.
  Result<ObjectKey> observe_key(std::string_view json);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::vector<std::string> level_labels_;
};

}  // namespace bw

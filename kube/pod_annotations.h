// What the annotations of pods and namespaces say: requests in every dialect (rule R2), our own annotations, and
// Multus networks. Pure functions; safe on any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "journal/event.h"

namespace bw {

// The rate an annotation of `dialect` asks for, or nothing if it is no valid request: Quantities and whole Mbit/s, as
// those who act on them read them, from 1k to 1P after rounding up.
std::optional<BitsPerSecond> parse_request(Dialect dialect, std::string_view text);

// Puts what one annotation of a pod says into `fields`, and passes over annotations of others. Requests are added in
// the order of the calls. Ours are read so that nothing wrong is in the pod's favour: a network-charge that is not
// WhenSpread is Always; a malformed granted, retry or term is none.
void read_pod_annotation(std::string_view key, std::string_view value, PodFields& fields);

// The default that a namespace's annotation names: 0 for a quantity of zero, which sets the configured default aside;
// negative for what is no valid request.
BitsPerSecond parse_namespace_default(std::string_view text);

// Networks named by k8s.v1.cni.cncf.io/networks, in the short form ("a, space/b@eth1") or as a JSON list. A list that
// is not JSON counts as one network.
std::uint32_t count_networks(std::string_view text);

}  // namespace bw

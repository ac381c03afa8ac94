// Bodies of the scheduler's calls, and the pod in them.
#include "extender/protocol.h"
#include "fuzz_input.h"
#include "kube/observe.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bw::ExtenderArgs args;
  static bw::ObjectReader objects;
  const std::string_view text = bw::text_of(data, size);
  std::string body(text);
  if (args.parse(body)) {
    for (const std::string_view name : args.nodes().names) bw::check(name.size() <= body.size(), "a name is no view");
    static_cast<void>(objects.observe(bw::Stream::kPods, args.pod().json));
  }
  body = text;
  static_cast<void>(bw::parse_binding_args(body));
  body = text;
  static_cast<void>(bw::parse_preemption_args(body));
  return 0;
}

// The bytes of a watch as they come in, in two chunks; each object as one of every stream. Also a page of a list.
#include "fuzz_input.h"
#include "kube/line_splitter.h"
#include "kube/observe.h"
#include "kube/wire.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static bw::EnvelopeReader envelopes;
  static bw::ObjectReader objects({"topology.kubernetes.io/zone"});
  const std::string_view text = bw::text_of(data, size);
  bw::LineSplitter lines;
  for (const std::string_view chunk : {text.substr(0, size / 2), text.substr(size / 2)}) {
    lines.append(chunk);
    while (const auto line = lines.next()) {
      const bw::Result<bw::WatchLine> read = envelopes.read_watch_line(*line);
      if (!read) continue;
      const std::string object(read->object);
      for (std::size_t stream = 0; stream < bw::kStreamCount; ++stream) {
        static_cast<void>(objects.observe(static_cast<bw::Stream>(stream), object));
      }
      static_cast<void>(objects.observe_key(object));
      static_cast<void>(bw::read_status(0, object));
    }
  }
  std::string body(text);
  static_cast<void>(envelopes.read_list(body));
  return 0;
}

// What the journal costs, beside RocksDB's own db_bench on the same disk in the same run: appends that are acknowledged
// once they are on disk, appends that nobody waits for, reading, folding, memory, bytes on disk. Medians.
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>

#include "bulk_journal.h"
#include "clocks.h"
#include "db_bench.h"
#include "journal/chain.h"
#include "journal/event_codec.h"
#include "journal/event_reader.h"
#include "journal/journal_writer.h"
#include "journal/rocksdb_journal.h"
#include "must.h"
#include "projections/state.h"
#include "replay/chain_reader.h"
#include "tests/support/long_history.h"

namespace bw {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Options {
  std::string folder;
  std::string db_bench = "db_bench";
  std::string json;
  std::uint64_t events = 2'000'000;  // to read and fold
  std::uint64_t synced = 1'000;      // appends of one writer, and of each thread of db_bench
  int runs = 5;
  std::string only;
};

struct Figure {
  std::string name;
  std::string unit;
  std::vector<double> values;
  std::vector<double> reference;  // of db_bench, in the same unit
  std::vector<double> cpu;        // values, had the measuring thread had a core for itself
  double bound = 0;               // what is asked for: at least; of a ratio where there is a reference
  bool at_most = false;

  double value() const { return reference.empty() ? median(values) : median(values) / median(reference); }
  bool holds() const { return at_most ? value() <= bound : value() >= bound; }
};

class Figures {
 public:
  void add(Figure figure) {
    std::printf("%-58s %12.1f %-9s", figure.name.c_str(), median(figure.values), figure.unit.c_str());
    if (!figure.reference.empty()) std::printf(" %5.2f of db_bench's %.1f,", figure.value(), median(figure.reference));
    if (!figure.cpu.empty()) std::printf(" %.0f by its CPU time,", median(figure.cpu));
    std::printf(" %s %.4g: %s\n", figure.at_most ? "at most" : "at least", figure.bound,
                figure.holds() ? "holds" : "MISSED");
    std::fflush(stdout);
    Json json = {
        {"name", figure.name}, {"unit", figure.unit}, {"median", median(figure.values)}, {"values", figure.values}};
    if (!figure.reference.empty()) {
      json["reference"] = {{"median", median(figure.reference)}, {"values", figure.reference}};
      json["ratio"] = figure.value();
    }
    if (!figure.cpu.empty()) json["byCpuTime"] = {{"median", median(figure.cpu)}, {"values", figure.cpu}};
    json[figure.at_most ? "atMost" : "atLeast"] = figure.bound;
    json["holds"] = figure.holds();
    json_.push_back(std::move(json));
  }
  const Json& json() const { return json_; }

 private:
  Json json_ = Json::array();
};

// Records as the daemon's state thread makes them.
class Source {
 public:
  explicit Source(const std::vector<Event>& events) : events_(events) {}

  RecordBatch next(bool sync) {
    RecordBatch batch;
    Event event = events_[at_++ % events_.size()];
    event.sequence = chain_.head().sequence + 1;
    codec_.encode(event, batch.records.emplace_back());
    batch.head = chain_.extend(batch.records.back());
    if (batch.head.sequence % kKeptHashInterval == 0) batch.kept.push_back(batch.head);
    batch.sync = sync;
    return batch;
  }

 private:
  const std::vector<Event>& events_;
  std::size_t at_ = 0;
  Chain chain_;
  EventCodec codec_;
};

class Bench {
 public:
  explicit Bench(const Options& options) : options_(options) {
    fs::create_directories(options.folder);
    LongHistory(100).run(200'000, [this](const Event& event) { sample_.push_back(event); });
    EventCodec codec;
    std::string bytes;
    for (const Event& event : sample_) codec.encode(event, bytes);
    reference_ = {options.db_bench, options.folder + "/db_bench", bytes.size() / sample_.size()};
    std::printf("an event has %zu bytes before it is compressed; so have values of db_bench\n", reference_.value_size);
  }

  void run() {
    const auto wanted = [this](std::string_view part) { return options_.only.empty() || options_.only == part; };
    if (wanted("append")) {
      append_synced();
      append_unsynced();
    }
    if (wanted("read")) {
      make_long_journal();
      read_and_fold();
    }
    if (wanted("weigh")) weigh();
    if (options_.json.empty()) return;
    const Json json = {{"events", options_.events}, {"valueSize", reference_.value_size}, {"figures", figures_.json()}};
    std::ofstream(options_.json) << json.dump(2) << "\n";
  }

 private:
  std::unique_ptr<RocksdbJournal> fresh_journal() const {
    const std::string path = options_.folder + "/append";
    fs::remove_all(path);
    return must(RocksdbJournal::open({path}));
  }

  double synced_in_place() const {
    const auto journal = fresh_journal();
    Source source(sample_);
    const auto began = Clock::now();
    for (std::uint64_t i = 0; i < options_.synced; ++i) {
      const RecordBatch batch = source.next(true);
      must(journal->append(batch.records, batch.head, batch.kept, true));
    }
    return static_cast<double>(options_.synced) / seconds_since(began);
  }

  // `outstanding` appends wait for the disk at any time; each that is acknowledged is followed by another.
  double synced_by_writer(std::uint64_t outstanding) const {
    const auto journal = fresh_journal();
    std::mutex mutex;
    std::condition_variable changed;
    Sequence durable = 0;
    JournalWriter writer(*journal, {[&](Sequence sequence) {
                                      const std::lock_guard lock(mutex);
                                      durable = sequence;
                                      changed.notify_one();
                                    },
                                    [](const Error& error) { must(Result<void>(error)); }});
    Source source(sample_);
    const Sequence last = options_.synced * std::min<std::uint64_t>(outstanding, 64);
    const auto began = Clock::now();
    for (Sequence sequence = 1; sequence <= last;) {
      Sequence limit = 0;
      {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return sequence - 1 - durable < outstanding; });
        limit = std::min(last, durable + outstanding);
      }
      for (; sequence <= limit; ++sequence) writer.submit(source.next(true));
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return durable == last; });
    const double seconds = seconds_since(began);
    lock.unlock();
    writer.stop();
    return static_cast<double>(last) / seconds;
  }

  void unsynced_by_writer(Figure& figure) const {
    const auto journal = fresh_journal();
    std::atomic<Sequence> durable = 0;
    JournalWriter writer(*journal, {[&](Sequence sequence) { durable = sequence; },
                                    [](const Error& error) { must(Result<void>(error)); }});
    Source source(sample_);
    const auto began = Clock::now();
    const double cpu_began = cpu_seconds();
    for (std::size_t i = 0; i < sample_.size(); ++i) writer.submit(source.next(false));
    figure.cpu.push_back(static_cast<double>(sample_.size()) / (cpu_seconds() - cpu_began));
    writer.stop();  // all is on disk
    figure.values.push_back(static_cast<double>(sample_.size()) / seconds_since(began));
  }

  void append_synced() {
    Figure one{"append, one writer, each acknowledged", "events/s", {}, {}, {}, 0.8};
    Figure thread{"  the same through the writer's thread", "events/s", {}, {}, {}, 0.8};
    Figure sixteen{"append, 16 outstanding", "events/s", {}, {}, {}, 1.0};
    Figure many{"append, 256 outstanding (of 16 threads of db_bench)", "events/s", {}, {}, {}, 3.0};
    for (int run = 0; run < options_.runs; ++run) {
      const double with_one = must(reference_.run("fillsync", 1, options_.synced));
      const double with_sixteen = must(reference_.run("fillsync", 16, options_.synced));
      one.values.push_back(synced_in_place());
      thread.values.push_back(synced_by_writer(1));
      sixteen.values.push_back(synced_by_writer(16));
      many.values.push_back(synced_by_writer(256));
      one.reference.push_back(with_one);
      thread.reference.push_back(with_one);
      sixteen.reference.push_back(with_sixteen);
      many.reference.push_back(with_sixteen);
    }
    for (Figure* figure : {&one, &thread, &sixteen, &many}) figures_.add(*figure);
  }

  void append_unsynced() {
    Figure figure{"append without waiting, chain and encoding included", "events/s", {}, {}, {}, 200'000};
    for (int run = 0; run < options_.runs; ++run) unsynced_by_writer(figure);
    figures_.add(figure);
  }

  void write_journal(const std::string& path, std::uint32_t nodes, std::uint64_t events,
                     const std::function<bool(const Event&)>& wanted) const {
    fs::remove_all(path);
    BulkJournal bulk(path);
    LongHistory(nodes).run(events, [&](const Event& event) {
      if (wanted(event)) bulk.add(event);
    });
    bulk.flush(false);
    must(bulk.journal().sync());
  }

  void make_long_journal() const {
    write_journal(options_.folder + "/long", 100, options_.events, [](const Event&) { return true; });
    must(RocksdbJournal::open({options_.folder + "/long"}));  // what is in the log goes to a table
  }

  template <class Read>
  void time(Figure& figure, const JournalReader& journal, Read read) const {
    const auto began = Clock::now();
    const double cpu_began = cpu_seconds();
    const Sequence last = read(journal);
    check(last >= options_.events, "not all of the journal was read", last);
    figure.values.push_back(static_cast<double>(last) / seconds_since(began));
    figure.cpu.push_back(static_cast<double>(last) / (cpu_seconds() - cpu_began));
  }

  static Sequence walk(const JournalReader& journal) {
    const auto cursor = must(journal.read(1));
    Sequence sequence = 0;
    std::string_view bytes;
    while (must(cursor->next(sequence, bytes))) {
    }
    return sequence;
  }

  static Sequence decode(const JournalReader& journal) {
    EventReader reader = must(EventReader::open(journal, 1, false));
    Event event;
    while (must(reader.next(event))) {
    }
    return event.sequence;
  }

  static Sequence fold(const JournalReader& journal, bool check_chain) {
    State state;
    EventReader reader = must(EventReader::open(journal, 1, check_chain));
    Event event;
    while (must(reader.next(event))) apply(state, event);
    return state.applied;
  }

  static Sequence fold_beside(const JournalReader& journal) {
    State state;
    replay::ChainReader reader(journal, {});
    Event event;
    while (must(reader.next(event))) apply(state, event);
    return state.applied;
  }

  void read_and_fold() {
    const std::string path = options_.folder + "/long";
    const auto journal = must(RocksdbJournal::open_reader(path));
    Figure walked{"read all records, as bytes", "events/s", {}, {}, {}, 0.5};
    Figure decoded{"read all records, into events", "events/s", {}, {}, {}, 0.5};
    Figure folded{"fold into state", "events/s", {}, {}, {}, 1'000'000};
    Figure verified{"fold into state, chain verified, one thread", "events/s", {}, {}, {}, 500'000};
    Figure beside{"fold into state, read and hashed on a second thread", "events/s", {}, {}, {}, 800'000};
    for (int run = 0; run < options_.runs; ++run) {
      const double reference = must(reference_.run("fillseq,compact,readseq", 1, 1'000'000));
      walked.reference.push_back(reference);
      decoded.reference.push_back(reference);
      time(walked, *journal, walk);
      time(decoded, *journal, decode);
      time(folded, *journal, [](const auto& from) { return fold(from, false); });
      time(verified, *journal, [](const auto& from) { return fold(from, true); });
      time(beside, *journal, fold_beside);
    }
    for (Figure* figure : {&walked, &decoded, &folded, &verified, &beside}) figures_.add(*figure);
    figures_.add(memory(path));
  }

  static double resident_mib() {
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
  }

  // The most while a journal is opened and folded, above what is left when only the state is.
  Figure memory(const std::string& path) const {
    Figure figure{"memory while folding, above the state", "MiB", {}, {}, {}, 64, true};
    for (int run = 0; run < options_.runs; ++run) {
      State state;
      double most = 0;
      {
        const auto journal = must(RocksdbJournal::open_reader(path));
        replay::ChainReader reader(*journal, {});
        Event event;
        while (must(reader.next(event))) {
          apply(state, event);
          if (state.applied % 20'000 == 0) most = std::max(most, resident_mib());
        }
      }
      ::malloc_trim(0);
      figure.values.push_back(most - resident_mib());
    }
    return figure;
  }

  // Of a journal of `wanted` events alone, once they are all in tables.
  double bytes_per_event(std::uint32_t nodes, std::uint64_t events,
                         const std::function<bool(const Event&)>& wanted) const {
    const std::string path = options_.folder + "/weighed";
    std::uint64_t count = 0;
    write_journal(path, nodes, events, [&](const Event& event) {
      if (!wanted(event)) return false;
      ++count;
      return true;
    });
    must(RocksdbJournal::open({path}));
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(path + "/events")) {
      if (entry.path().extension() == ".sst") bytes += entry.file_size();
    }
    return static_cast<double>(bytes) / static_cast<double>(count);
  }

  template <class... Kinds>
  static bool is(const Event& event) {
    return (std::holds_alternative<Kinds>(event.fact) || ...);
  }

  void weigh() {
    const auto add = [this](const char* name, double bound, double bytes) {
      figures_.add({name, "bytes", {bytes}, {}, {}, bound, true});
    };
    add("on disk, an observation", 80, bytes_per_event(100, 400'000, is<PodObserved, PodGone, ObjectUnchanged>));
    add("on disk, a reservation or confirmed Binding", 80,
        bytes_per_event(100, 400'000, is<BandwidthReserved, BindingConfirmed>));
    add("on disk, a decision over 5,000 nodes", 300,
        bytes_per_event(5000, 40'000, is<FilterDecided, FilterRepeated, PrioritizeDecided>));
    add("on disk, any event, 100 nodes", 120, bytes_per_event(100, 400'000, [](const Event&) { return true; }));
  }

  const Options options_;
  std::vector<Event> sample_;
  DbBench reference_;
  Figures figures_;
};

}  // namespace
}  // namespace bw

int main(int argc, char** argv) {
  CLI::App app("Times and weighs the journal, beside RocksDB's own db_bench.");
  bw::Options options;
  app.add_option("--folder", options.folder, "On the disk that counts; its journals and databases are made anew")
      ->required();
  app.add_option("--db-bench", options.db_bench, "The program")->capture_default_str();
  app.add_option("--json", options.json, "File to write the figures to");
  app.add_option("--events", options.events, "To read and fold")->capture_default_str();
  app.add_option("--synced", options.synced, "Appends of one writer that are waited for")->capture_default_str();
  app.add_option("--only", options.only, "append, read or weigh");
  app.add_option("--runs", options.runs, "Of each; the median counts")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  bw::Bench(options).run();
}

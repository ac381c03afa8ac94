// The journal over HTTP, from a real journal through a real socket to the reader that bwreplay uses.
#include "controller/journal_door.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <nlohmann/json.hpp>

#include "extender/http_server.h"
#include "journal/chain.h"
#include "replay/chain_reader.h"
#include "replay/remote_journal.h"
#include "tests/support/kept_history.h"
#include "tests/support/local_http.h"

namespace bw {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

// The operations door of a daemon, as far as it is about the journal.
class JournalDoorTest : public testing::Test, private HttpHandler {
 protected:
  JournalDoorTest() {
    kept.run_to(3000);
    auto server = HttpServer::listen(io_, *this, {});
    check(server.has_value(), "a door is opened");
    server_ = std::move(*server);
    thread_ = std::thread([this] {
      const auto guard = boost::asio::make_work_guard(io_);
      io_.run();
    });
  }
  ~JournalDoorTest() override {
    io_.stop();
    thread_.join();
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  HttpAnswer ask(const std::string& method, const std::string& path) const {
    const auto answer = send_local(server_->port(), method, path, "", "");
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? *answer : HttpAnswer{};
  }
  std::unique_ptr<JournalReader> remote() const {
    auto opened = replay::open_remote_journal(url(), "");
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  // Folds all that the reader gives, with the chain proved.
  static std::uint64_t digest_of(const JournalReader& journal) {
    replay::ChainReader reader(journal, {});
    State state;
    Event event;
    for (;;) {
      const auto more = reader.next(event);
      EXPECT_TRUE(more) << more.error().message;
      if (!more || !*more) return state.digest;
      apply(state, event);
    }
  }

  KeptHistory kept;

 private:
  void handle(HttpRequest request, std::shared_ptr<HttpReplier> replier) override {
    if (request.path == "/v1/journal") return door_.stream(request, std::move(replier));
    door_.make_checkpoint(std::move(replier));
  }

  boost::asio::io_context io_{1};
  JournalDoor door_{io_, kept.journal()};
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

TEST_F(JournalDoorTest, GivesTheWholeJournalWithItsChain) {
  const auto journal = remote();
  ASSERT_NE(journal, nullptr);
  EXPECT_EQ(journal->bounds().head, kept.head());
  EXPECT_EQ(digest_of(*journal), kept.state().digest);
}

TEST_F(JournalDoorTest, AReaderSeesWhatThereWasWhenItAskedLast) {
  const auto journal = remote();
  ASSERT_NE(journal, nullptr);
  const std::uint64_t before = kept.state().digest;
  kept.run_to(4500);
  EXPECT_EQ(digest_of(*journal), before) << "what came since is not part of it";
  ASSERT_TRUE(journal->refresh());
  EXPECT_EQ(journal->bounds().head, kept.head());
  EXPECT_EQ(digest_of(*journal), kept.state().digest);
}

TEST_F(JournalDoorTest, BeginsBehindTheEventThatIsNamed) {
  const auto journal = remote();
  ASSERT_NE(journal, nullptr);
  const auto cursor = journal->read(2990);
  ASSERT_TRUE(cursor) << cursor.error().message;
  Sequence sequence = 0;
  std::string_view bytes;
  ASSERT_TRUE((*cursor)->next(sequence, bytes).value());
  EXPECT_EQ(sequence, 2990U);
  const auto end = journal->read(kept.head().sequence + 1);
  ASSERT_TRUE(end);
  EXPECT_FALSE((*end)->next(sequence, bytes).value());
}

TEST_F(JournalDoorTest, WhatItCannotGiveIsSaidInOneSentence) {
  EXPECT_EQ(ask("GET", "/v1/journal?after=x").status, 400);
  EXPECT_THAT(ask("GET", "/v1/journal?after=x").body, HasSubstr("after is \"x\""));
  EXPECT_EQ(ask("HEAD", "/v1/journal").status, 200);
  const auto nowhere = replay::open_remote_journal("ftp://somewhere", "");
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("http://10.0.0.7:9440"));
}

TEST_F(JournalDoorTest, AJournalThatWasCutIsGivenFromWhereItBegins) {
  const SnapshotTaken taken = kept.take_snapshot();
  ASSERT_TRUE(kept.journal().cut(taken.sequence + 1, taken.head_hash));
  kept.run_to(taken.sequence + 500);
  EXPECT_EQ(ask("GET", "/v1/journal?after=0").status, 410);
  const auto journal = remote();
  ASSERT_NE(journal, nullptr);
  EXPECT_EQ(journal->bounds().first, taken.sequence + 1);
  replay::ChainReader reader(*journal, {taken.sequence, taken.head_hash});
  Event event;
  Sequence last = 0;
  for (;;) {
    const auto more = reader.next(event);
    ASSERT_TRUE(more) << more.error().message;
    if (!*more) break;
    last = event.sequence;
  }
  EXPECT_EQ(last, kept.head().sequence);
}

TEST_F(JournalDoorTest, ACheckpointIsAJournalOfThatMoment) {
  const HttpAnswer answer = ask("POST", "/v1/checkpoint");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const Json made = Json::parse(answer.body);
  EXPECT_EQ(made["sequence"], kept.head().sequence);
  EXPECT_EQ(made["headHash"], to_hex(kept.head().hash));
  const std::uint64_t digest = kept.state().digest;
  kept.run_to(4000);
  const auto copy = RocksdbJournal::open_reader(made["path"]);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(digest_of(**copy), digest);
}

}  // namespace
}  // namespace bw

#include "journal/chain.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace bw {
namespace {

// h(N) as design and header define it, from the plain hash.
Sha256 next_hash(const Sha256& previous, Sequence sequence, const std::string& bytes) {
  std::string input(previous.begin(), previous.end());
  for (int shift = 56; shift >= 0; shift -= 8) input += static_cast<char>(sequence >> shift & 0xff);
  return sha256(input + bytes);
}

Sha256 head_of(const std::vector<std::string>& records) {
  Chain chain;
  for (const std::string& record : records) chain.extend(record);
  return chain.head().hash;
}

// Vectors of FIPS 180-4.
TEST(Sha256, EqualsTheVectorsOfTheStandard) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Chain, StartsWithZero) { EXPECT_EQ(Chain().head(), Head{}); }

TEST(Chain, HashesThePreviousHashTheSequenceAndTheBytes) {
  Chain chain;
  Sha256 expected{};
  for (Sequence sequence = 1; sequence <= 600; ++sequence) {
    const std::string bytes(sequence % 300, static_cast<char>(sequence));
    expected = next_hash(expected, sequence, bytes);
    const Head head = chain.extend(bytes);
    ASSERT_EQ(head, (Head{sequence, expected}));
  }
}

TEST(Chain, ContinuesFromAHead) {
  Chain whole;
  whole.extend("a");
  Chain part(whole.head());
  whole.extend("b");
  EXPECT_EQ(part.extend("b"), whole.head());
}

TEST(Chain, ContinuesAfterAMove) {
  Chain whole;
  Chain first;
  whole.extend("a");
  first.extend("a");
  Chain second = std::move(first);
  EXPECT_EQ(second.extend("b"), whole.extend("b"));
}

TEST(Chain, ShowsEveryChangeRemovalAndReordering) {
  const std::vector<std::string> records{"one", "two", "three", "two"};
  const Sha256 head = head_of(records);
  EXPECT_NE(head_of({"one", "twO", "three", "two"}), head);
  EXPECT_NE(head_of({"two", "one", "three", "two"}), head);
  EXPECT_NE(head_of({"one", "two", "three"}), head);
  EXPECT_NE(head_of({"two", "three", "two"}), head);
  EXPECT_NE(head_of({"onetwo", "", "three", "two"}), head);
}

TEST(Hex, ReadsWhatItWrote) {
  const Sha256 hash = sha256("x");
  const auto read = sha256_from_hex(to_hex(hash));
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, hash);

  JournalId id;
  id.bytes = {0x00, 0x01, 0xfe, 0xff};
  EXPECT_EQ(to_hex(id), "0001feff000000000000000000000000");
  const auto id_read = journal_id_from_hex("0001FEFF000000000000000000000000");
  ASSERT_TRUE(id_read);
  EXPECT_EQ(*id_read, id);
}

TEST(Hex, RefusesWhatIsNotAHashWithASentence) {
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g"}) {
    const auto read = sha256_from_hex(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
    EXPECT_NE(read.error().message.find("64 hexadecimal digits"), std::string::npos) << read.error().message;
  }
  EXPECT_FALSE(journal_id_from_hex(std::string(64, 'a')));
}

}  // namespace
}  // namespace bw

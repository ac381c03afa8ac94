#include "journal/hash64.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace bw {
namespace {

constexpr std::uint64_t kSeed = 0x9E3779B1;

// Of the first n bytes of (7 i + 3) mod 256, i = 0, 1, ..., with kSeed; from the reference implementation, libxxhash.
constexpr std::array<std::uint64_t, 101> kReference{
    0xAC75FDA2929B17EF, 0x79CF94F5ACE37FE1, 0x457EE044E8334447, 0x96D2A5E583DDD738, 0x4A862FBB4B73776E,
    0xF6CA02179471D4A8, 0x4A49F736ADDC330D, 0xDDC5CF71D37A6368, 0xC6E75E2CBD8E07EE, 0x3A3E0F8CE693F786,
    0x38734EE9290FFA19, 0xAA0D75A182501622, 0x79B0B158FAB0E5D6, 0x216C46017DCB24E2, 0x51341A138B098941,
    0x8120A1EDA8AC77DA, 0x17F387CE30885DE5, 0x8FD41ADE58736837, 0xC1C9AFDC996AF635, 0x017DB0BE8FBAB403,
    0x83C6020F907609D1, 0x9EB4997A0482BB4D, 0xDF144AD08F76D7C3, 0x674F68E1A94E07C9, 0x2A5F7B1EF4E9909C,
    0xD0A7896EDBFB0E73, 0xE2C637A30200564F, 0xFA583AFE1413FEBF, 0xFAFB0E6E543144A9, 0x88D72934AA6F990D,
    0x3C1BFFB21B8B91C5, 0x381822F33376D6B6, 0x9ABD315470AC276A, 0x72CDD3262F467933, 0x57F5E7209F8D643F,
    0xB66E0D492B7BAF1B, 0x97F112C724BD7596, 0x40817834D64099C5, 0x9562AB8A74AC699F, 0x78438FF58483CB1F,
    0x6968E03BE1951FDA, 0xF7FE4E04A382D9A9, 0x847293E9200F36D1, 0xB02D6627AD80DA46, 0xBCBF9711CB4431B9,
    0x042F37A8A11149EA, 0x5C962AD569657784, 0xEB34868198752778, 0x30556DA222DFF2D2, 0x3A05D95F68D817D1,
    0x3F56B45E9A9D3511, 0x85534EA4A1A47699, 0x9CC01BDB3AC965E9, 0x3C7E9442E00334C1, 0xAC767D53F47D204D,
    0xEAF04C596E9F05EC, 0x6AA7C7F5CDF0E983, 0x02798979269FAEEC, 0x62E0117441045260, 0x566AA4F252143FD9,
    0xF76A62A56D7E8766, 0x2E91D6F2AFABA411, 0x5A2970A6844A3951, 0x634DA7D265979E61, 0xBCB3847D70525180,
    0x97F9D8F996719021, 0x478568B62B0B0A1B, 0x2355E8EA65C2D5A9, 0x2ACEEF4FDA64BA2A, 0xF90AB375A4A9773A,
    0x7B3CB954AE96EEBA, 0x5D2D12CC2F5BDE91, 0x6352AEF583D598A1, 0xAE30BB9E9DE38D1B, 0x4B65E6F862BCF77A,
    0x84A98FF959791A3A, 0x0870B181ECF542F2, 0x86BA0CE4104B8867, 0x6719AC49D497D810, 0x68893BCEC7146550,
    0x432DCAD97F823572, 0x73CF56E53ED5DC23, 0xE91E7FC4FAC93BA7, 0x586F502C7659BA27, 0xB54DCE10AE2BCCB6,
    0xE95AB7B8C80695D4, 0x7E9D668BD0A47906, 0x7B572DF5C096584E, 0x7DCCD1DC66F04DDD, 0x3798B9EDA4FBF780,
    0xC3F88A466807C155, 0xCB35515EF9F0FE5E, 0xC224226CE1FA05C2, 0x96D3CEE4638184B4, 0x75E939EF019D9EB9,
    0xFB8A69F5807ED1D9, 0xE4369239D5A2D716, 0x2CEBF2567F3BB11E, 0xADB014D133FC0DCF, 0x7D4347702DB44A3B,
    0x86F549EDE5AC87E2,
};

// The buffer of the specification's own sanity check: the high bytes of a product that goes on.
std::string sanity_buffer(std::size_t size) {
  std::string buffer;
  std::uint64_t product = 2654435761;
  while (buffer.size() < size) {
    buffer += static_cast<char>(product >> 56);
    product *= 11400714785074694797ULL;
  }
  return buffer;
}

TEST(Hash64, EqualsTheVectorsOfTheSpecification) {
  const struct {
    std::size_t size;
    std::uint64_t seed;
    std::uint64_t hash;
  } vectors[] = {
      {0, 0, 0xEF46DB3751D8E999},           {0, 2654435761, 0xAC75FDA2929B17EF}, {1, 0, 0xE934A84ADB052768},
      {1, 2654435761, 0x5014607643A9B4C3},  {4, 0, 0x9136A0DCA57457EE},          {14, 0, 0x8282DCC4994E35C8},
      {14, 2654435761, 0xC3BD6BF63DEB6DF0}, {222, 0, 0xB641AE8CB691C174},        {222, 2654435761, 0x20CB8AB7AE10C14A},
  };
  for (const auto& vector : vectors) {
    EXPECT_EQ(hash64(sanity_buffer(vector.size), vector.seed), vector.hash) << vector.size << " bytes";
  }
}

TEST(Hash64, EqualsTheReferenceForEveryLength) {
  std::string bytes;
  for (std::size_t size = 0; size < kReference.size(); ++size) {
    EXPECT_EQ(hash64(bytes, kSeed), kReference[size]) << size << " bytes";
    bytes += static_cast<char>(size * 7 + 3);
  }
}

TEST(Hash64, DoesNotDependOnAlignment) {
  const std::string bytes = sanity_buffer(100);
  std::array<char, 120> memory{};
  for (std::size_t offset = 0; offset < 16; ++offset) {
    bytes.copy(memory.data() + offset, bytes.size());
    EXPECT_EQ(hash64(memory.data() + offset, bytes.size(), 1), hash64(bytes, 1));
  }
}

// The fields as the header describes them, in one string.
std::string joined(std::size_t numbers, const std::string& text) {
  std::string bytes;
  const auto append = [&bytes](std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
  };
  for (std::size_t i = 0; i < numbers; ++i) append(i * 0x0101010101010101);
  append(text.size());
  return bytes + text;
}

TEST(FieldHasher, HashesTheFieldsAsOneStringHoweverManyThereAre) {
  // On both sides of the 512 bytes that it holds inline.
  for (std::size_t numbers = 0; numbers < 140; ++numbers) {
    for (const std::size_t size : {0u, 1u, 8u, 505u, 2000u}) {
      const std::string text = sanity_buffer(size);
      FieldHasher hasher(kSeed);
      for (std::size_t i = 0; i < numbers; ++i) hasher.add(i * 0x0101010101010101);
      hasher.add(text);
      EXPECT_EQ(hasher.finish(), hash64(joined(numbers, text), kSeed)) << numbers << " numbers, " << size << " bytes";
    }
  }
}

TEST(FieldHasher, TellsWhereOneTextEndsAndTheNextBegins) {
  EXPECT_NE(FieldHasher(0).add("ab").add("c").finish(), FieldHasher(0).add("a").add("bc").finish());
  EXPECT_NE(FieldHasher(0).add("").add("a").finish(), FieldHasher(0).add("a").add("").finish());
}

TEST(FieldHasher, CopiesContinueOnTheirOwn) {
  for (const std::size_t size : {10u, 600u}) {
    FieldHasher one(3);
    one.add(sanity_buffer(size));
    FieldHasher other = one;
    one.add(1);
    EXPECT_NE(one.finish(), other.finish());
    EXPECT_EQ(one.finish(), other.add(1).finish());
  }
}

}  // namespace
}  // namespace bw

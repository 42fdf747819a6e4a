// The door to Nettle (its manual, "Hash functions" and "Keyed hash functions"). Its version 4 took the length away from
// functions that end a digest.
#pragma once
#include <nettle/hmac.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>
#include <nettle/version.h>

#if NETTLE_VERSION_MAJOR >= 4
#define FLEET_DIGEST(function, context, digest, size) function(context, digest)
#else
#define FLEET_DIGEST(function, context, digest, size) function(context, size, digest)
#endif

static inline void fleet_sha1_digest(struct sha1_ctx *context, uint8_t *digest) {
  FLEET_DIGEST(sha1_digest, context, digest, SHA1_DIGEST_SIZE);
}
static inline void fleet_sha256_digest(struct sha256_ctx *context, uint8_t *digest) {
  FLEET_DIGEST(sha256_digest, context, digest, SHA256_DIGEST_SIZE);
}
static inline void fleet_hmac_sha1_digest(struct hmac_sha1_ctx *context, uint8_t *digest) {
  FLEET_DIGEST(hmac_sha1_digest, context, digest, SHA1_DIGEST_SIZE);
}

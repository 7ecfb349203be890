"""Redis commands as data: which are refused in which state of the server, and where their keys are.

Flags and key positions are what `COMMAND` of Redis 7.0.15 answers (a test compares them). Younger commands are as
redis.io's command reference gives their `command_flags` and `key_specs`: `client|setinfo`, `client|no-touch`,
`waitaof` (7.2), and the hash field commands with a life time (7.4, 8.0). Columns:

- flags: `w` write, `d` denyoom, `l` loading (works while loading), `s` stale (works on a stale replica),
  `y` allow_busy, `a` no_auth, `b` may block (also the waits, which `COMMAND` doesn't mark); `-` none of them.
- where the keys are: `1` an argument, `1:-1` from one to another (negative: from the end), `1:-1:2` every second,
  `#1` their number is argument 1 and they follow, `1#2` one and then a counted list, `@WORD` behind a word,
  `c...` the same for channels, which are names but no keys.
- the commands; `container|subcommand`.
"""

from __future__ import annotations

TABLE = """
-     #1       sintercard zdiff zinter zintercard zunion
-     -        acl asking bgrewriteaof bgsave client cluster config dbsize function function|dump function|list keys
-     -        latency lolwut memory memory|doctor memory|malloc-stats memory|purge memory|stats module module|list
-     -        module|load module|loadex module|unload object pfselftest ping psync pubsub randomkey save scan script
-     -        script|debug script|exists script|flush slowlog sync xgroup xinfo
-     1        bitcount bitfield_ro bitpos dump expiretime geodist geohash geopos georadius_ro georadiusbymember_ro
-     1        geosearch get getbit getrange hexists hexpiretime hget hgetall hkeys hlen hmget hpexpiretime hpttl
-     1        hrandfield hscan hstrlen httl hvals lindex llen lpos lrange pexpiretime pttl scard sismember smembers
-     1        smismember sort_ro srandmember sscan strlen substr ttl type xlen xpending xrange xrevrange zcard
-     1        zcount zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange zrevrangebylex
-     1        zrevrangebyscore zrevrank zscan zscore
-     1:-1     exists mget pfcount sdiff sinter sunion touch
-     1:2      lcs
-     2        memory|usage object|encoding object|freq object|idletime object|refcount xinfo|consumers xinfo|groups
-     2        xinfo|stream
b     -        wait waitaof
b     @STREAMS xread
ls    -        acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|load acl|log acl|save
ls    -        acl|setuser acl|users acl|whoami client|caching client|getname client|getredir client|help client|id
ls    -        client|info client|kill client|list client|no-evict client|no-touch client|pause client|reply
ls    -        client|setinfo client|setname client|tracking client|trackinginfo client|unblock client|unpause
ls    -        cluster|help command command|count command|docs command|getkeys command|getkeysandflags command|help
ls    -        command|info command|list config|get config|help config|resetstat config|rewrite config|set debug echo
ls    -        exec function|help info lastsave latency|doctor latency|graph latency|help latency|histogram
ls    -        latency|history latency|latest latency|reset memory|help module|help monitor object|help
ls    -        pubsub|channels pubsub|help pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub
ls    -        readonly readwrite role script|help select slowlog|get slowlog|help slowlog|len slowlog|reset time
ls    -        xgroup|help xinfo|help
ls    1        spublish
ls    1:-1     ssubscribe sunsubscribe
ls    c1       publish
ls    c1:-1    psubscribe punsubscribe subscribe unsubscribe
lsy   -        discard multi replconf shutdown unwatch
lsy   1:-1     watch
lsya  -        auth hello quit reset
s     #2       eval eval_ro evalsha evalsha_ro fcall fcall_ro
s     -        cluster|addslots cluster|addslotsrange cluster|bumpepoch cluster|count-failure-reports
s     -        cluster|countkeysinslot cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslots
s     -        cluster|forget cluster|getkeysinslot cluster|info cluster|keyslot cluster|links cluster|meet
s     -        cluster|myid cluster|nodes cluster|replicas cluster|replicate cluster|reset cluster|saveconfig
s     -        cluster|set-config-epoch cluster|setslot cluster|shards cluster|slaves cluster|slots failover
s     -        replicaof script|load slaveof
w     #1       lmpop zmpop
w     -        flushall flushdb function|delete function|flush swapdb
w     1        expire expireat getdel getex hdel hgetdel hgetex hpersist lpop lrem ltrim move persist pexpire
w     1        pexpireat rpop spop srem xack xautoclaim xclaim xdel xtrim zpopmax zpopmin zrem zremrangebylex
w     1        zremrangebyrank zremrangebyscore
w     1:-1     del unlink
w     1:2      rename renamenx smove
w     2        xgroup|delconsumer xgroup|destroy xgroup|setid
w     3        migrate
wb    #2       blmpop bzmpop
wb    1:-2     blpop brpop bzpopmax bzpopmin
wb    @STREAMS xreadgroup
wd    -        function|load function|restore
wd    1        append bitfield decr decrby geoadd georadius georadiusbymember getset hexpire hexpireat hincrby
wd    1        hincrbyfloat hmset hpexpire hpexpireat hset hsetex hsetnx incr incrby incrbyfloat linsert lpush lpushx
wd    1        lset pfadd psetex restore restore-asking rpush rpushx sadd set setbit setex setnx setrange sort xadd
wd    1        xsetid zadd zincrby
wd    1#2      zdiffstore zinterstore zunionstore
wd    1:-1     pfmerge sdiffstore sinterstore sunionstore
wd    1:-1:2   mset msetnx
wd    1:2      copy geosearchstore lmove rpoplpush zrangestore
wd    2        pfdebug xgroup|create xgroup|createconsumer
wd    2:-1     bitop
wdb   1:2      blmove brpoplpush
y     -        function|kill function|stats script|kill
"""

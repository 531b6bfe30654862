import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/**
 * The counting work on Kafka Streams: the newest version of each meeting, counted per cell, corrections taken back.
 *
 * <p>Arguments: bootstrap topic guarantee(at_least_once|exactly_once_v2) meetings warm folder. Ends when the cells add
 * up to `meetings` and have stood still for a while. With warm above 0 records are counted one by one as they come, so
 * nothing is cached; else a cache gathers the changes of a second.
 */
public class KafkaStreamsCounting {
  private static final String[] MODES = {"PHYSICAL", "PHONE", "VIDEO", "WRITTEN", "OTHER", "UNKNOWN"};
  private static final long STILL_NANOS = 2_000_000_000L;

  private static final AtomicLong begun = new AtomicLong();
  private static final AtomicLong changed = new AtomicLong();
  private static final AtomicLong counted = new AtomicLong();
  private static final Map<String, Long> cells = new ConcurrentHashMap<>();
  private static final Queue<Long> latencies = new ConcurrentLinkedQueue<>();

  private static long number(ByteBuffer in) {
    long n = 0;
    int shift = 0, b;
    do { b = in.get() & 0xff; n |= (long) (b & 0x7f) << shift; shift += 7; } while ((b & 0x80) != 0);
    return (n >>> 1) ^ -(n & 1);
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[(int) number(in)];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The version, and behind a space its cell; nothing there for a withdrawn one. */
  private static String decoded(byte[] value) {
    begun.compareAndSet(0, System.nanoTime());
    ByteBuffer in = ByteBuffer.wrap(value);
    in.position(5); // Confluent's header
    text(in); // id: the key
    text(in); // citizen
    long municipality = number(in);
    String targetGroup = text(in);
    YearMonth month = YearMonth.from(Instant.ofEpochMilli(number(in)).atZone(ZoneOffset.UTC));
    String mode = MODES[(int) number(in)];
    long version = number(in);
    boolean withdrawn = in.get() == 1;
    return version + " " + (withdrawn ? "" : municipality + "|" + targetGroup + "|" + mode + "|" + month);
  }

  private static long version(String newest) {
    return Long.parseLong(newest.substring(0, newest.indexOf(' ')));
  }

  private static String cell(String newest) {
    return newest.substring(newest.indexOf(' ') + 1);
  }

  private static class Ending extends ContextualProcessor<String, Long, Void, Void> {
    @Override
    public void process(Record<String, Long> record) {
      Long before = cells.put(record.key(), record.value());
      counted.addAndGet(record.value() - (before == null ? 0 : before));
      changed.set(System.nanoTime());
      latencies.add(System.currentTimeMillis() - record.timestamp());
    }
  }

  private static Properties properties(String[] args) {
    boolean live = Long.parseLong(args[4]) > 0;
    Properties p = new Properties();
    p.put("bootstrap.servers", args[0]);
    p.put("application.id", "counting-" + System.nanoTime());
    p.put("state.dir", args[5]);
    p.put("num.stream.threads", "2");
    p.put("processing.guarantee", args[2]);
    p.put("auto.offset.reset", "earliest");
    p.put("commit.interval.ms", live ? "100" : "1000");
    p.put("statestore.cache.max.bytes", live ? "0" : "200000000");
    p.put("max.poll.records", "5000");
    p.put("replication.factor", "1");
    return p;
  }

  private static StreamsBuilder counting(String topic) {
    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(topic, Consumed.with(Serdes.String(), Serdes.ByteArray()))
        .mapValues(KafkaStreamsCounting::decoded)
        .groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
        .reduce((held, now) -> version(now) > version(held) ? now : held, Materialized.with(Serdes.String(), Serdes.String()))
        .filter((id, newest) -> !cell(newest).isEmpty())
        .groupBy((id, newest) -> KeyValue.pair(cell(newest), ""), Grouped.with(Serdes.String(), Serdes.String()))
        .count()
        .toStream()
        .process(Ending::new);
    return builder;
  }

  public static void main(String[] args) throws Exception {
    long meetings = Long.parseLong(args[3]), warm = Long.parseLong(args[4]);
    Path folder = Path.of(args[5]);
    try (KafkaStreams streams = new KafkaStreams(counting(args[1]).build(), properties(args))) {
      streams.start();
      boolean warmed = warm == 0;
      while (counted.get() != meetings || System.nanoTime() - changed.get() < STILL_NANOS) {
        Thread.sleep(20);
        if (!warmed && counted.get() >= warm * 9 / 10 && System.nanoTime() - changed.get() > STILL_NANOS) {
          warmed = true;
          latencies.clear();
          Files.createFile(folder.resolve("warm"));
        }
      }
      double seconds = (changed.get() - begun.get()) / 1e9;
      String lines = cells.entrySet().stream().filter(e -> e.getValue() != 0)
          .map(e -> e.getKey() + "," + e.getValue() + "\n").sorted().collect(Collectors.joining());
      Files.writeString(folder.resolve("cells.csv"), lines);
      String measured = warm == 0 ? "" : latencies.stream().map(ms -> "" + ms / 1e3).collect(Collectors.joining(","));
      Files.writeString(folder.resolve("report.json"), "{\"seconds\": " + seconds + ", \"latencies\": [" + measured + "]}");
    }
  }
}

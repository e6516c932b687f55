/**
 * The vectors of the options of authorized keys. As which fault of a line is told is the reader's choice, each bad line
 * has one that has one name: none where a word may as well be a bad key.
 */
import { isListed, readAuthorizedKeys } from "../properties/reference/authorized-keys.ts";
import {
  client,
  fileCasesOf,
  other,
  type Row,
  secret,
  server,
  swap,
  type TextCase,
} from "./vectors-text-format.ts";

/** Names, title, requirements, what stands before the key, and the error. */
const good: Row[] = [
  ["none", "Whoever honours options takes lines without any", "KT-040 KT-090", ""],
  [
    "all",
    "All three",
    "KT-090 KT-094 KT-095 KT-099",
    'to="127.0.0.1:5432",from="192.0.2.0/24,2001:db8::/32",max="2" ',
  ],
  ["order", "In another order, a tab and blanks before the key", "KT-040", 'max="1",to="db.example:1" \t '],
  ["to-name", "A name in lower case, its final dot kept", "KT-069 KT-094", 'to="Db.Example.:65535" '],
  ["to-ipv6", "IPv6 as RFC 5952 writes it, in brackets", "KT-071 KT-094", 'to="[2001:DB8:0::1]:1" '],
  ["to-zone", "A zone after a bare percent sign", "KT-094", 'to="[fe80::1%eth0]:80" '],
  [
    "to-zone-as-it-stands",
    "Nothing is decoded: a zone of the name 25eth0",
    "KT-094",
    'to="[fe80::1%25eth0]:80" ',
  ],
  [
    "to-unix",
    "A path with blanks and a comma: quotes hold them together",
    "KT-075 KT-092 KT-094",
    'to="unix:/run/a service, of sorts.sock",max="1" ',
  ],
  [
    "to-unix-literal",
    "A path is taken literally: dots, doubled slashes, a percent sign, a number sign, an equals sign",
    "KT-075 KT-094",
    'to="unix:/run/../a//%2F#b=c" ',
  ],
  ["to-unix-longest", "A path of 107 bytes", "KT-075 KT-094", `to="unix:/${"p".repeat(106)}" `],
  ["to-39", "39 characters that a secret key could have", "KT-093", `to="unix:/${"Q".repeat(39)}" `],
  ["from-all", "Every address of both kinds", "KT-095", 'from="0.0.0.0/0,::/0" '],
  [
    "from-longest",
    "The longest prefixes",
    "KT-095 KT-096",
    'from="255.255.255.255/32,2001:db8::1/128,192.0.2.6/31" ',
  ],
  [
    "from-ipv6",
    "IPv6 as RFC 5952 writes it, always in groups",
    "KT-095",
    'from="2001:DB8:0:0:0:0:0:0001,64:ff9b::192.0.2.1,2001:DB8:0::/33" ',
  ],
  [
    "from-not-mapped",
    "Addresses that end as IPv4 and do not stand for it",
    "KT-096",
    'from="::192.0.2.1,1::ffff:192.0.2.1,::ffff:0:192.0.2.1" ',
  ],
  [
    "from-overlapping",
    "Ranges in ranges, and one twice: it is a list",
    "KT-095",
    'from="192.0.2.1,192.0.2.0/25,192.0.2.0/25,10.0.0.0/8" ',
  ],
  ["max-most", "The largest number of connections", "KT-099", 'max="9999999" '],
];

const badOptions: readonly (readonly [slug: string, title: string, requirements: string, options: string])[] =
  [
    ["unknown", "A name that is none", "KT-091", 'form="192.0.2.1"'],
    ["unknown-second", "The second of two", "KT-091", 'max="1",form="192.0.2.1"'],
    ["of-sshd", "An option of sshd", "KT-091", 'command="id"'],
    ["upper-case", "A name that is not in lower case", "KT-091", 'Max="1"'],
    ["unquoted", "A value without quotes", "KT-091", "max=1"],
    ["single-quotes", "A value in single quotes", "KT-091", "max='1'"],
    ["blank-before-value", "A blank before the value", "KT-091", 'max= "1"'],
    ["unclosed", "A quote that is not closed", "KT-091", 'from="192.0.2.1'],
    ["twice", "An option twice", "KT-091", 'max="1",max="2"'],
    ["twice-same", "An option twice, with one value", "KT-091", 'max="1",to="a:1",max="1"'],
    ["comma-behind", "A comma behind the last", "KT-091", 'max="1",'],
    ["comma-twice", "Two commas", "KT-091", 'max="1",,to="a:1"'],
    ["semicolon", "A semicolon between two", "KT-091", 'max="1";to="a:1"'],
    ["run-together", "Nothing between two", "KT-091", 'max="1"to="a:1"'],
    ["backslash", "A backslash: no character is written by two", "KT-092", 'to="unix:/a\\b"'],
    ["not-ascii", "A letter outside ASCII", "KT-092", 'to="unix:/\u00c3\u00a9"'],
    ["control", "A control character", "KT-092", 'to="unix:/a\u0007"'],
    ["tab", "A tab in a value", "KT-092", 'to="unix:/a\tb"'],
    ["delete", "0x7f", "KT-092", 'to="unix:/a\u007f"'],
    ["to-empty", "No service", "KT-094", 'to=""'],
    ["to-port-alone", "A port alone", "KT-094", 'to="5432"'],
    ["to-no-port", "No port", "KT-068 KT-094", 'to="db"'],
    ["to-port-0", "Port 0", "KT-068 KT-094", 'to="db:0"'],
    ["to-port-zero-first", "A port with a leading zero", "KT-068 KT-094", 'to="db:05432"'],
    ["to-port-65536", "Port 65,536", "KT-068 KT-094", 'to="db:65536"'],
    ["to-no-host", "No host", "KT-069 KT-094", 'to=":5432"'],
    ["to-blank", "A blank before the host", "KT-069 KT-094", 'to=" db:1"'],
    ["to-encoded", "A percent-encoded name", "KT-094", 'to="d%62:1"'],
    ["to-ipv4-short", "127.1", "KT-070 KT-094", 'to="127.1:5432"'],
    ["to-ipv6-bare", "IPv6 without brackets", "KT-071 KT-094", 'to="2001:db8::1:80"'],
    ["to-ipv4-in-brackets", "IPv4 in brackets", "KT-071 KT-094", 'to="[127.0.0.1]:80"'],
    ["to-key", "A public key as a host", "KT-086 KT-094", `to="${server}:5432"`],
    ["to-url", "A URL", "KT-094", 'to="tcp://db:1"'],
    ["to-slash", "A slash after the port", "KT-094", 'to="db:1/"'],
    ["to-unix-relative", "A path that does not begin with a slash", "KT-075 KT-094", 'to="unix:run/x"'],
    ["to-unix-folder", "A path that ends with one", "KT-075 KT-094", 'to="unix:/run/"'],
    ["to-unix-too-long", "A path of 108 bytes", "KT-075 KT-094", `to="unix:/${"p".repeat(107)}"`],
    ["from-empty", "No address", "KT-095", 'from=""'],
    ["from-comma-behind", "A comma behind the last", "KT-095", 'from="192.0.2.1,"'],
    ["from-blank", "A blank after a comma", "KT-095", 'from="192.0.2.1, 192.0.2.2"'],
    ["from-name", "A name", "KT-095", 'from="example.org"'],
    ["from-wildcard", "A wildcard", "KT-095", 'from="192.0.2.*"'],
    ["from-exclusion", "An exclusion", "KT-095", 'from="192.0.2.0/24,!192.0.2.1"'],
    ["from-ipv4-short", "Three numbers", "KT-095", 'from="192.0.2"'],
    ["from-ipv4-octal", "A leading zero in an octet", "KT-095", 'from="192.0.02.1"'],
    ["from-brackets", "Brackets", "KT-095", 'from="[::1]"'],
    ["from-zone", "A zone", "KT-096", 'from="fe80::1%eth0"'],
    ["from-prefix-33", "A prefix of 33 bits of 32", "KT-096", 'from="192.0.2.0/33"'],
    ["from-prefix-129", "A prefix of 129 bits of 128", "KT-096", 'from="2001:db8::/129"'],
    ["from-prefix-zero-first", "A prefix with a leading zero", "KT-095", 'from="192.0.2.0/024"'],
    ["from-prefix-empty", "A slash and no prefix", "KT-095", 'from="192.0.2.0/"'],
    ["from-mask", "A mask in a prefix's place", "KT-095", 'from="192.0.2.0/255.255.255.0"'],
    ["from-bit-behind", "A bit set after the prefix", "KT-096", 'from="192.0.2.1/24"'],
    ["from-bit-behind-0", "A bit set after a prefix of 0", "KT-096", 'from="192.0.2.1/0"'],
    ["from-bit-behind-127", "The last bit of 128", "KT-096", 'from="2001:db8::1/127"'],
    ["from-bit-behind-32", "The first bit behind the prefix, of IPv6", "KT-096", 'from="2001:db8:8000::/32"'],
    ["from-mapped", "IPv4 written as IPv6", "KT-096", 'from="::ffff:192.0.2.1"'],
    ["from-mapped-groups", "The same, in groups", "KT-096", 'from="::ffff:c000:201"'],
    ["from-mapped-range", "A range of them", "KT-096", 'from="::ffff:0:0/96"'],
    ["max-empty", "No number", "KT-099", 'max=""'],
    ["max-0", "0: to let a key in no more, its line is taken out", "KT-099", 'max="0"'],
    ["max-zero-first", "A leading zero", "KT-099", 'max="01"'],
    ["max-sign", "A sign", "KT-099", 'max="+1"'],
    ["max-exponent", "1e3", "KT-099", 'max="1e3"'],
    ["max-eight-digits", "10,000,000", "KT-099", 'max="10000000"'],
  ];

const damaged = secret.slice(25, 65);

/** The keys of the second of two lines, whose number the error has to have. */
const onLineTwo = (line: string): string => `${server} bob\n${line}\n`;

const bad: Row[] = [
  ...badOptions.map(
    ([slug, title, requirements, options]): Row => [
      slug,
      title,
      `${requirements} KT-045`,
      onLineTwo(`${options} ${client} alice`),
      "FILE_OPTION",
    ],
  ),
  ["secret", "A secret key in a value", "KT-044", onLineTwo(`to="unix:/${secret}" ${client}`), "SECRET"],
  [
    "secret-damaged",
    "40 characters of a secret key in a value",
    "KT-093",
    onLineTwo(`to="unix:/${damaged}" ${client}`),
    "SECRET",
  ],
  [
    "behind-key",
    "Options behind the key, where the name stands",
    "KT-041 KT-043",
    onLineTwo(`${client} max="1"`),
    "FILE_NAME",
  ],
  [
    "bad-key",
    "Good options before a key whose checksum is wrong",
    "KT-011 KT-046",
    onLineTwo(`max="1" ${swap(client, 30, other(client, 30))}`),
    "CHECKSUM",
  ],
  [
    "key-twice",
    "A key twice, with other options: they are not joined",
    "KT-042",
    `from="192.0.2.1" ${client}\nfrom="192.0.2.2" ${client}\n`,
    "FILE_DUPLICATE",
  ],
  [
    "second-word",
    "A word behind the name",
    "KT-041",
    onLineTwo(`max="1" ${client} alice bob`),
    "FILE_SYNTAX",
  ],
];

/** Which options the program honours that reads the file, and the rows of its cases. */
const honoured: readonly (readonly [honours: readonly string[], rows: readonly Row[]])[] = [
  [
    ["to", "from", "max"],
    [
      ...good.map(
        ([slug, title, requirements, options]): Row => [
          slug,
          title,
          requirements,
          `${options}${client} alice\n`,
        ],
      ),
      [
        "lines",
        "Each line has its own",
        "KT-040 KT-090",
        `from="192.0.2.1" ${client}\n# and\n  max="3" ${server} bob\n`,
      ],
      ...bad,
    ],
  ],
  [
    ["from", "max"],
    [
      ["honoured", "All that stand there are honoured", "KT-100", `from="::1",max="1" ${client}\n`],
      ["to-not-honoured", "One is not", "KT-100", onLineTwo(`to="a:1",max="1" ${client}`), "FILE_OPTION"],
    ],
  ],
  [[], [["not-honoured", "None is", "KT-046 KT-100", onLineTwo(`max="1" ${client}`), "FILE_OPTION"]]],
];

export function authorizedKeysOptions(): TextCase[] {
  return honoured.flatMap(([honours, rows]) =>
    fileCasesOf(
      rows,
      (bytes) => readAuthorizedKeys(bytes, honours),
      (keys) => keys,
      { honours },
    ),
  );
}

/** An address as inet_ntop writes it, behind a percent sign its zone; null where the client has none. */
type FromRow = readonly [
  slug: string,
  title: string,
  requirements: string,
  from: string,
  address: string | null,
  listed: boolean,
];

const fromRows: readonly FromRow[] = [
  ["ipv4", "The address", "KT-097", "192.0.2.1", "192.0.2.1", true],
  ["ipv4-other", "Another", "KT-097", "192.0.2.1", "192.0.2.2", false],
  ["ipv4-second", "In the second of two", "KT-097", "192.0.2.1,198.51.100.0/24", "198.51.100.255", true],
  ["ipv4-neither", "In neither", "KT-097", "192.0.2.1,198.51.100.0/24", "198.51.101.0", false],
  ["ipv4-bit-25", "A prefix within a byte: inside", "KT-097", "198.51.100.0/25", "198.51.100.127", true],
  [
    "ipv4-bit-25-beyond",
    "A prefix within a byte: outside",
    "KT-097",
    "198.51.100.0/25",
    "198.51.100.128",
    false,
  ],
  ["ipv4-below", "Below a range", "KT-097", "192.0.2.128/25", "192.0.2.127", false],
  ["ipv4-32", "A prefix of 32", "KT-097", "255.255.255.255/32", "255.255.255.255", true],
  [
    "ipv4-32-other",
    "A prefix of 32, and another address",
    "KT-097",
    "255.255.255.255/32",
    "255.255.255.254",
    false,
  ],
  ["ipv4-0", "A prefix of 0", "KT-097", "0.0.0.0/0", "203.0.113.9", true],
  ["ipv6", "The address", "KT-097", "2001:db8::1", "2001:db8::1", true],
  ["ipv6-other", "Another", "KT-097", "2001:db8::1", "2001:db8::1:1", false],
  [
    "ipv6-written",
    "The address, listed in another form",
    "KT-095 KT-097",
    "2001:DB8:0:0::0001",
    "2001:db8::1",
    true,
  ],
  ["ipv6-bit-33", "A prefix within a group: inside", "KT-097", "2001:db8::/33", "2001:db8:7fff::1", true],
  [
    "ipv6-bit-33-beyond",
    "A prefix within a group: outside",
    "KT-097",
    "2001:db8::/33",
    "2001:db8:8000::1",
    false,
  ],
  ["ipv6-128-other", "A prefix of 128, and another address", "KT-097", "::1/128", "::2", false],
  ["ipv6-0", "A prefix of 0", "KT-097", "::/0", "2001:db8::1", true],
  ["ipv6-not-ipv4", "All of IPv6 is nothing of IPv4", "KT-097", "::/0", "192.0.2.9", false],
  ["ipv4-not-ipv6", "All of IPv4 is nothing of IPv6", "KT-097", "0.0.0.0/0", "2001:db8::1", false],
  ["mapped", "IPv4 in the form of IPv6 is that of IPv4", "KT-097", "192.0.2.0/24", "::ffff:192.0.2.9", true],
  ["mapped-other", "Another of them", "KT-097", "192.0.2.0/24", "::ffff:192.0.3.9", false],
  ["mapped-not-ipv6", "It is none of IPv6", "KT-097", "::/0", "::ffff:192.0.2.9", false],
  ["compatible", "An address that ends as IPv4 stands for itself", "KT-097", "::/96", "::192.0.2.9", true],
  ["compatible-not-ipv4", "It is none of IPv4", "KT-097", "192.0.2.0/24", "::192.0.2.9", false],
  ["zone", "A zone does not count", "KT-097", "fe80::/10", "fe80::1%eth0", true],
  ["zone-other", "Another address with a zone", "KT-097", "fe80::1", "fe80::2%eth0", false],
  ["no-address", "A client without an address", "KT-098", "0.0.0.0/0,::/0", null, false],
];

export function authorizedKeysFrom(): TextCase[] {
  return fromRows.map(([slug, title, requirements, from, address, meant]) => {
    const bytes = new TextEncoder().encode(`from="${from}" ${client}`);
    const keys = readAuthorizedKeys(bytes, ["from"]);
    const listed = "error" in keys ? undefined : isListed(keys[0]?.from ?? [], address);
    if (listed !== meant) throw new Error(`${slug}: ${listed} and not ${meant}`);
    return { slug, title, requirements: requirements.split(" "), from, address, listed };
  });
}

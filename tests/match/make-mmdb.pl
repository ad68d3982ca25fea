#!/usr/bin/perl
# make-mmdb.pl country|network 4|6 OUT: a small MaxMind DB for test_origin.c, written by MaxMind's own library.
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($what, $version, $out) = @ARGV;
my %types = (country => 'map', iso_code => 'utf8_string', names => 'map', en => 'utf8_string', autonomous_system_number => 'uint32',
    autonomous_system_organization => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(ip_version => $version, record_size => 28, database_type => "Noroshi-Test-$what",
    languages => ['en'], description => { en => 'made for a test' }, map_key_type_callback => sub { $types{ $_[0] } },
    alias_ipv6_to_ipv4 => $version == 6, remove_reserved_networks => 0);

my @networks = (
    ['198.51.100.0/24', 'JP', 64500], ['198.51.100.128/25', 'KR', 64501], ['203.0.113.7/32', 'RU', 64502], ['8.0.0.0/7', 'US', 64503],
    ['255.255.255.0/24', 'CN', 64504]);
push @networks, ['2001:db8::/32', 'DE', 64505], ['2001:db8:0:5::/64', 'FR', 64506] if $version == 6;
for my $network (@networks) {
    my ($prefix, $country, $number) = @$network;
    $tree->insert_network($prefix, $what eq 'country' ? { country => { iso_code => $country, names => { en => "of $country" } } }
        : { autonomous_system_number => $number, autonomous_system_organization => "network $number" });
}
open my $file, '>:raw', $out or die "$out: $!\n";
$tree->write_tree($file);
close $file or die "$out: $!\n";

# frozen_string_literal: true

require "json"
require "net/http"
require "timeout"
require "uri"

# Asks the service for one verdict and never waits longer than it was told to.
class FanzhaClient
  MAX_CHARS = 50_000
  SUGGESTIONS = %w[block review pass].freeze

  def initialize(url, key: nil, timeout_s: 1.5)
    @uri = URI.parse("#{url.to_s.chomp("/")}/v1/moderations")
    @key = key
    @timeout_s = timeout_s
  end

  # Gives the suggestion and nil, or nil and why there is none.
  def ask(title:, body:, author_name:, author_id:, board:)
    post = { title: clean(title), body: clean(body), author_name: clean(author_name) }
    post[:author_id] = author_id if author_id
    post[:board] = board if board && !board.empty?
    answer = Timeout.timeout(@timeout_s) { send_post(JSON.generate(post)) }
    return nil, "HTTP #{answer.code}" unless answer.code == "200"

    suggestion = JSON.parse(answer.body)["suggestion"]
    SUGGESTIONS.include?(suggestion) ? [suggestion, nil] : [nil, "an answer without a suggestion"]
  rescue StandardError => error
    # The class only: a message may repeat what was sent.
    [nil, error.class.name]
  end

  private

  def clean(text)
    text.to_s.scrub[0, MAX_CHARS]
  end

  def send_post(json)
    request = Net::HTTP::Post.new(@uri, "Content-Type" => "application/json")
    request["Authorization"] = "Bearer #{@key}" if @key && !@key.empty?
    request.body = json
    http = Net::HTTP.new(@uri.host, @uri.port)
    http.use_ssl = @uri.scheme == "https"
    http.max_retries = 0
    http.open_timeout = http.read_timeout = http.write_timeout = @timeout_s
    http.start { |connection| connection.request(request) }
  end
end
